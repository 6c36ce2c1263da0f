//! Measures the ledger, beside a raw ceiling and its peers in the same run.
//!
//! A figure that is slow fails nothing: machines and disks differ. What counts are the ratios of one
//! run; the plain figures stand beside them. Adding a bench is a module and a line in [`BENCHES`].

mod append;
mod city;
mod engines;
mod growth;
mod key;
mod proofs;
mod report;
mod scan;
mod settings;
mod sql;

use anyhow::{Result, bail};
use settings::Settings;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: allocator::MiMalloc = allocator::MiMalloc;

/// One bench: what it is called, what it tells, and how it runs.
struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn(&Settings) -> Result<()>,
}

/// All of them, in the order in which they run.
const BENCHES: [Bench; 6] = [
    Bench {
        name: "append",
        about: "durable appends by 8 writers, single lines and batches of 100, beside the ceiling and peers",
        run: append::run,
    },
    Bench { name: "scan", about: "every line read in order, beside the ceiling and peers", run: scan::run },
    Bench {
        name: "growth",
        about: "opening, loading, auditing, score tables and bytes a line as a ledger grows",
        run: growth::run,
    },
    Bench {
        name: "heads",
        about: "what signing heads and writing tiles cost the append path",
        run: append::run_heads,
    },
    Bench {
        name: "proofs",
        about: "inclusion proofs from 10⁷ leaves, cell proofs, a year's bundle, each beside its goal",
        run: proofs::run,
    },
    Bench {
        name: "sql",
        about: "a ledger as SQL tables: the first load, and a step at the end",
        run: sql::run,
    },
];

fn main() -> Result<()> {
    allocator::keep_freed_memory();
    let settings = Settings::parse(std::env::args().skip(1))?;
    if settings.list {
        for bench in &BENCHES {
            println!("{:<10} {}", bench.name, bench.about);
        }
        return Ok(());
    }
    let known = |name: &String| BENCHES.iter().any(|bench| bench.name == name);
    if let Some(name) = settings.names.iter().find(|name| !known(name)) {
        bail!("there is no bench `{name}`; `--list` names them");
    }
    for bench in BENCHES.iter().filter(|bench| settings.wants(bench.name)) {
        println!("\n# {}: {}\n", bench.name, bench.about);
        (bench.run)(&settings)?;
    }
    Ok(())
}

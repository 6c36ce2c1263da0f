//! Measures an audit: `cargo run --release -p audit --example measure [LINES]`.
//!
//! Writes a demonstration (演示数据) of about that many lines into a temporary folder, sealed every 131,072 lines,
//! and audits it, each time in a process of its own so that peak memory is that audit's.

use std::path::Path;
use std::process::Command;
use std::time::Instant as Stopwatch;

use audit::{Options, rebuild, verify_directory};
use domain::ledger::{Ledger, Prepared};
use seeds::demo::Demo;

const SEGMENT: usize = 131_072;
/// Lines of one city in one year, about.
const CITY_YEAR: u64 = 7_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [what, folder] => audit(what, Path::new(folder)),
        [lines] => measure(lines.parse().expect("a number of lines")),
        _ => [100_000, 1_000_000].into_iter().for_each(measure),
    }
}

fn measure(lines: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), lines);
    let program = std::env::current_exe().expect("this program");
    for what in ["verify", "rebuild", "verify", "rebuild"] {
        let status = Command::new(&program).arg(what).arg(folder.path()).status().expect("it starts");
        assert!(status.success(), "{what} ends well");
    }
}

fn audit(what: &str, folder: &Path) {
    let begun = Stopwatch::now();
    let (report, model) = match what {
        "verify" => (verify_directory(folder, &Options::default()).expect("readable"), None),
        _ => rebuild(folder, &Options::default()).expect("readable"),
    };
    let micros = begun.elapsed().as_micros().max(1);
    let per_second = u128::from(report.lines) * 1_000_000 / micros;
    let flaws: Vec<_> = report.findings.iter().map(|finding| finding.kind).collect();
    let figures = model.map_or(0, |model| model.ledger().book().figure_count());
    println!(
        "{what}: {} lines, {figures} figures, {} ms, {per_second} lines/s, peak {} kB {flaws:?}",
        report.lines,
        micros / 1000,
        peak_kb(),
    );
}

/// The most memory that this process has had at once.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Writes whole submissions until there are enough lines.
fn write(folder: &Path, lines: u64) {
    std::fs::create_dir(folder.join("journal")).expect("an empty folder");
    let (mut demo, mut ledger) = (demo(lines), Ledger::default());
    let (mut segment, mut held, mut first) = (Vec::new(), 0, 0);
    while ledger.head().size < lines
        && let Some(timed) = demo.next(ledger.book())
    {
        let prepared = Prepared::new(timed.submission).expect("canonical texts");
        let made =
            ledger.head().lines(&prepared, ledger.head().next_at(timed.at)).expect("lines within limits");
        if held + made.len() > SEGMENT {
            seal(folder, &mut first, &mut held, &mut segment);
        }
        held += made.len();
        for line in made {
            segment.extend_from_slice(&line.bytes);
            segment.push(b'\n');
            ledger.apply(&line.recorded);
        }
    }
    let bytes = segment.len();
    println!("{} bytes in the last {held} lines", bytes);
    seal(folder, &mut first, &mut held, &mut segment);
}

fn seal(folder: &Path, first: &mut usize, held: &mut usize, segment: &mut Vec<u8>) {
    let name = folder.join("journal").join(format!("{first:020}.jsonl"));
    std::fs::write(name, &segment).expect("room on the disk");
    segment.clear();
    *first += std::mem::take(held);
}

fn demo(lines: u64) -> Demo {
    let (plan, years) = (seeds::yingtan_2022(), 3);
    let options = seeds::demo::Options {
        seed: 2022,
        cities: u32::try_from(lines.div_ceil(CITY_YEAR * u64::from(years))).expect("a few cities"),
        years,
        origin: "example.com/foo".to_owned(),
        log_key: key(),
    };
    Demo::new(plan, seeds::yingtan_2022_rules(), options)
}

fn key() -> String {
    let seed = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let kind = chain::note::KeyType::Ed25519;
    chain::note::VerifierKey::of("example.com/foo", kind, &seed).expect("a key name").to_string()
}

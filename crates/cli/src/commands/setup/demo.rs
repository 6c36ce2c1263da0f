//! `demo`: a synthetic year (演示数据), recorded as a real one would be, at the demonstration's own instants.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use app::Recorder;
use clap::Args;
use projections::ReadModel;
use serde_json::json;
use store::EventLog;
use store_journal::{Durability, Journal, JournalOptions};

use super::committee::Freezing;
use super::{Making, key_for};
use crate::args;
use crate::heads;
use crate::ledger::save;
use crate::output::Answer;
use crate::progress;
use crate::secret_key::SecretKey;

/// The name of demonstration ledgers in their heads.
const ORIGIN: &str = "demo.progress-ledger.example";
/// About how many lines a city has in a year; for the progress bar alone.
const LINES_A_CITY_AND_YEAR: u64 = 11_600;

/// 新建演示账本（演示数据，数值均为虚构）
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录；密钥写在旁边的“目录名.key”
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// 几个城市
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = args::count)]
    pub cities: u32,
    /// 几年，最多 3 年
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = args::demo_years)]
    pub years: u16,
    /// 随机种子：相同的种子得到相同的报送
    #[arg(long, value_name = "NUMBER", default_value = "2022", value_parser = args::seed)]
    pub seed: u64,
}

impl Arguments {
    /// One city and one year in a folder: what the first run makes.
    pub fn small(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), cities: 1, years: 1, seed: 2022 }
    }
}

/// What was made.
pub struct Made {
    lines: u64,
    bytes: u64,
    took: Duration,
    key: PathBuf,
}

/// Makes a demonstration and tells how long it took.
///
/// # Errors
/// When the folder is there or cannot be written, or the run was interrupted.
pub fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let made = make(arguments)?;
    let millis = u64::try_from(made.took.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = made.lines.saturating_mul(1_000) / millis;
    let directory = arguments.directory.display();
    let text = format!(
        "演示账本已建好：{directory}（演示数据，数值均为虚构）。\n\
         {} 行，{} 字节，用时 {}.{:03} 秒，每秒 {rate} 行。\n\
         账本密钥：{}。\n\
         接下来：progress-ledger --ledger {directory} status\n",
        made.lines,
        made.bytes,
        millis / 1_000,
        millis % 1_000,
        made.key.display(),
    );
    let json = json!({
        "directory": arguments.directory, "synthetic": true, "cities": arguments.cities, "years": arguments.years,
        "seed": arguments.seed, "lines": made.lines, "bytes": made.bytes, "milliseconds": millis,
        "lines_per_second": rate, "key": made.key,
    });
    Ok(Answer::new(json).text(text).mark("演示数据：数值均为虚构，仅供演示。"))
}

/// Makes a demonstration.
///
/// # Errors
/// When the folder is there or cannot be written, or the run was interrupted.
pub fn make(arguments: &Arguments) -> anyhow::Result<Made> {
    let started = Instant::now();
    let making = Making::begin(&arguments.directory)?;
    let (key_path, key) = key_for(&arguments.directory, ORIGIN)?;
    let (model, journal) = record(arguments, making.beside(), &key)?;
    let head = heads::publish_new(making.beside(), &*journal, &model, &key)?;
    save(making.beside(), &model);
    let bytes = bytes_in(&making.beside().join("journal"))?;
    making.finish()?;
    heads::keep(&arguments.directory, &head)?;
    Ok(Made { lines: model.size(), bytes, took: started.elapsed(), key: key_path })
}

fn record(
    arguments: &Arguments,
    directory: &Path,
    key: &SecretKey,
) -> anyhow::Result<(ReadModel, Arc<Journal>)> {
    // Nobody is told that a line of it is recorded before the whole of it is durable and has its name.
    let options = JournalOptions { durability: Durability::AtFinish, ..JournalOptions::default() };
    let journal = Arc::new(Journal::open(directory, options)?);
    let log: Arc<dyn EventLog> = Arc::<Journal>::clone(&journal);
    let mut recorder = Recorder::new(log, ReadModel::default());
    let plan = seeds::yingtan_2022();
    let mut freezing = Freezing::of(&arguments.directory, plan.id.clone(), plan.years[0])?;
    let mut demo = seeds::demo::Demo::new(
        plan,
        seeds::yingtan_2022_rules(),
        seeds::demo::Options {
            seed: arguments.seed,
            cities: arguments.cities,
            years: arguments.years,
            origin: ORIGIN.to_owned(),
            log_key: key.verifier.to_string(),
        },
    );
    let stopped = stop_on_signal()?;
    let expected = LINES_A_CITY_AND_YEAR * u64::from(arguments.cities) * u64::from(arguments.years);
    let bar = progress::bar(expected, "生成演示数据");
    while let Some(timed) = demo.next(recorder.model().ledger().book()) {
        if stopped.load(Ordering::Relaxed) {
            bail!("已中断，没有留下账本。");
        }
        freezing.before(timed.at, &mut recorder, directory)?;
        recorder.record(timed.submission, timed.at).context("演示数据没有入账")?;
        bar.set_position(recorder.model().size());
    }
    bar.finish_and_clear();
    journal.finish()?;
    Ok((recorder.into_model(), journal))
}

/// A flag that Ctrl-C raises, so that nothing half made is left.
fn stop_on_signal() -> anyhow::Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).context("无法接收中断信号")?;
    Ok(stopped)
}

/// The bytes of the files in a folder.
///
/// # Errors
/// When it cannot be read.
pub fn bytes_in(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).with_context(|| format!("无法读取 {}。", folder.display()))? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

//! Following until the process is asked to end, or to the ledger's end and no further.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use app::SystemClock;
use clap::Args;
use indicatif::ProgressBar;
use projections::ReadModel;
use serde_json::json;
use sql_read_models::{FollowError, Observer, Options, Place, Progress, Start, Work};
use store::EventLog as _;

use super::database::{Chosen, DatabaseChoice};
use super::of_follow;
use crate::ledger::saved_states;
use crate::ledger_dir::Choice;
use crate::log::{Log, of_open};
use crate::output::{Answer, complain};
use crate::progress;

#[derive(Debug, Args)]
pub struct Following {
    #[command(flatten)]
    database: DatabaseChoice,
    /// 写到账本末行就结束，不再等新行
    #[arg(long)]
    once: bool,
    /// 在旁边从第 0 行重建，建完再切换；其间旧表照常可读
    #[arg(long)]
    rebuild: bool,
    /// 一个事务最多写入多少行账本
    #[arg(long, value_name = "LINES", default_value_t = Options::default().lines_at_once, hide = true)]
    lines_at_once: u64,
}

/// Follows the chosen ledger.
///
/// # Errors
/// When ledger or database cannot be used, and trying again would change nothing.
pub fn run(arguments: &Following, ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = ledger.directory()?;
    let chosen = arguments.database.of(&directory)?;
    let log = Log::open_read_only(&directory).map_err(of_open)?;
    log.tell_opened();
    let saved = || saved_states(&directory).inspect::<ReadModel>().into_state();
    let options = Options { lines_at_once: arguments.lines_at_once, rebuild: arguments.rebuild };
    let open = || chosen.open();
    let work = Work { log: &log, open: &open, saved: &saved, clock: &SystemClock, options };
    let mut teller = Teller::new(arguments.once)?;
    let size = match arguments.once {
        true => work.once(&mut teller),
        false => work.run(&mut teller),
    };
    let size = size.map_err(of_follow)?;
    let lag = log.size()?.saturating_sub(size);
    Ok(answer(&chosen, size, lag, &teller))
}

fn answer(chosen: &Chosen, size: u64, lag: u64, teller: &Teller) -> Answer {
    let name = match chosen {
        Chosen::Sqlite(file) => format!("SQLite {}", file.display()),
        Chosen::Postgres(settings) => settings.to_string(),
    };
    let text =
        format!("{name}：已写到前 {size} 行，落后 {lag} 行；本次写入 {} 个表行。\n", teller.rows_written);
    let json = json!({
        "database": name,
        "tree_size": size,
        "checkpoint": size.checked_sub(1),
        "lag": lag,
        "rows_written": teller.rows_written,
    });
    Answer::new(json).text(text)
}

/// Tells a person how it gets on; a bar on a terminal while there is much to do.
struct Teller {
    stop: Arc<AtomicBool>,
    once: bool,
    bar: OnceCell<ProgressBar>,
    rows_written: u64,
}

impl Teller {
    fn new(once: bool) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst)).context("无法接收中断信号")?;
        Ok(Self { stop, once, bar: OnceCell::new(), rows_written: 0 })
    }

    fn bar(&self, done: u64, total: u64, what: &'static str) {
        let bar = self.bar.get_or_init(|| progress::bar(total, what));
        bar.set_length(total);
        bar.set_position(done);
    }

    fn clear(&mut self) {
        self.bar.take().into_iter().for_each(|bar| bar.finish_and_clear());
    }
}

impl Observer for Teller {
    fn is_asked_to_stop(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn loading(&mut self, done: u64, total: u64) {
        self.bar(done, total, "读账本");
    }

    fn started(&mut self, start: &Start) {
        self.clear();
        let hint = if self.once { "" } else { "按 Ctrl-C 停止。" };
        complain(&format!("{start}{hint}\n"));
    }

    fn stepped(&mut self, progress: &Progress) {
        self.rows_written += progress.rows_written;
        if progress.lag() > 0 || progress.place == Place::Building {
            self.bar(progress.size, progress.log_size, "写表");
            return;
        }
        self.clear();
        if progress.rows_written == 0 {
            complain(&format!("表已建好并启用：前 {} 行。\n", progress.size));
        }
    }

    fn failed(&mut self, error: &FollowError, pause: Duration) {
        self.clear();
        complain(&format!("提示：{error}\n{} 秒后重试。\n", pause.as_secs()));
    }
}

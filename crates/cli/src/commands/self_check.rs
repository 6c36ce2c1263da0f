//! `self-check`: every root made again from the bytes, time and again, and an alarm where anything differs.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context as _;
use app::publish::{LostBranch, SignedHead};
use app::{Clock, SystemClock};
use audit::self_check::{SelfCheck, Verified};
use audit::{Finding, Options};
use chain::Instant;
use clap::Args;
use projections::ReadModel;
use serde::Deserialize;

use super::{alarm, fsck, verify};
use crate::files_of;
use crate::ledger_dir::Choice;
use crate::log::{Log, of_open};
use crate::output::{Answer, Table, complain};
use crate::{args, durable, heads, state_folder};

/// Between two checks the metrics are written so often, so that the age in them is not stale.
const METRICS_EVERY: Duration = Duration::from_secs(15);
/// What is compared beside the lines, by its names in the result.
const SAVED_STATE: &str = "saved-state";
const KEPT_HEAD: &str = "kept-head";

/// 定时自查
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录；不写则用 --ledger
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// 每隔多久查一次，如 30s、15m、2h；按 Ctrl-C 停止
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = args::duration)]
    every: Duration,
    /// 只查一次（供 cron、systemd 定时器调用）；有发现则退出码为 1
    #[arg(long, conflicts_with = "every")]
    once: bool,
    /// 有发现时运行的命令（由 sh 执行）：自查结果（JSON）从标准输入给它，第一条发现在环境变量 PROGRESS_LEDGER_ALARM 里
    #[arg(long, value_name = "COMMAND")]
    alarm_command: Option<String>,
    /// 报警命令最多运行多久，如 30s、2m；到时还没有结束就终止它，自查继续
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = args::duration)]
    alarm_limit: Duration,
    /// 把指标写成 Prometheus 文本（node_exporter 的 textfile 目录下的 .prom 文件）
    #[arg(long, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
    /// 自查结果写到哪里；不写则为账本目录下的 self-check.json
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Checks once, or until the process is asked to end. Findings are the answer, not an error.
///
/// # Errors
/// When the folder is no ledger, or what was found cannot be written.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = ledger.or(arguments.directory.as_deref())?;
    if state_folder::address_in(&directory)?.is_none() {
        verify::require_ledger(&directory)?;
    }
    let rounds = Rounds { arguments, directory, clock: &SystemClock };
    let mut checked = rounds.once()?;
    if !arguments.once {
        let stop = stop_signal()?;
        complain(&format!("{}\n按 Ctrl-C 停止。\n", sentence(&checked)));
        while !rounds.wait(&checked, &stop)? {
            checked = rounds.once()?;
            complain(&format!("{}\n", sentence(&checked)));
        }
    }
    Ok(answer(&checked))
}

/// Tells when somebody asks the process to end.
fn stop_signal() -> anyhow::Result<Receiver<()>> {
    let (sender, receiver) = channel();
    // A second signal finds nobody waiting: the first one is being obeyed.
    let tell = move || {
        let _ = sender.send(());
    };
    ctrlc::set_handler(tell).context("无法接收中断信号")?;
    Ok(receiver)
}

struct Rounds<'a> {
    arguments: &'a Arguments,
    directory: PathBuf,
    clock: &'a dyn Clock,
}

impl Rounds<'_> {
    /// One check: its result written, its alarm raised.
    fn once(&self) -> anyhow::Result<SelfCheck> {
        let path = self.arguments.output.clone().unwrap_or_else(|| result_in(&self.directory));
        let checked = check(&self.directory, self.clock.now(), last_verified(&path));
        let json = file_of(&checked);
        // The alarm first: a full disk must not keep it from being raised.
        if let Some(command) = self.arguments.alarm_command.as_ref().filter(|_| !checked.holds) {
            alarm::raise(command, first_finding(&checked), json.clone(), self.arguments.alarm_limit);
        }
        durable::replace(&path, "json.part", &json)?;
        self.write_metrics(&checked)?;
        Ok(checked)
    }

    fn write_metrics(&self, checked: &SelfCheck) -> anyhow::Result<()> {
        let Some(path) = &self.arguments.metrics_file else { return Ok(()) };
        durable::replace(path, "prom.part", checked.metrics(self.clock.now()).as_bytes())
    }

    /// Waits for the next check; whether to end instead.
    fn wait(&self, checked: &SelfCheck, stop: &Receiver<()>) -> anyhow::Result<bool> {
        let mut left = self.arguments.every;
        while !left.is_zero() {
            let step = left.min(METRICS_EVERY);
            if stop.recv_timeout(step) != Err(RecvTimeoutError::Timeout) {
                return Ok(true);
            }
            left -= step;
            self.write_metrics(checked)?;
        }
        Ok(false)
    }
}

/// Checks a ledger's folder once, as a server does on schedule, and leaves the result where `self-check` leaves it; says
/// beside whether that could be written.
pub fn scheduled(directory: &Path, clock: &dyn Clock) -> (SelfCheck, anyhow::Result<()>) {
    let path = result_in(directory);
    let checked = check(directory, clock.now(), last_verified(&path));
    let written = durable::replace(&path, "json.part", &file_of(&checked));
    (checked, written)
}

fn result_in(directory: &Path) -> PathBuf {
    directory.join("self-check.json")
}

fn file_of(checked: &SelfCheck) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(checked).expect("a self-check is JSON");
    json.push(b'\n');
    json
}

/// Checks a ledger's folder. What is found must be there on a second look: while somebody records, a file that was listed
/// may be replaced before it is read.
fn check(directory: &Path, now: Instant, before: Option<Verified>) -> SelfCheck {
    let first = look(directory, now, before);
    if first.holds { first } else { look(directory, now, before) }
}

fn look(directory: &Path, now: Instant, before: Option<Verified>) -> SelfCheck {
    try_look(directory, now, before)
        .unwrap_or_else(|error| SelfCheck::unreadable(format!("{error:#}"), now, before))
}

fn try_look(directory: &Path, now: Instant, before: Option<Verified>) -> anyhow::Result<SelfCheck> {
    // Read first: the lines that are read later lead to it, however many are recorded meanwhile.
    let kept = heads::kept(directory)?;
    let (report, model) = audit::rebuild(&files_of::ledger(directory)?, &Options::default())?;
    let checked = SelfCheck::of(&report, now, before);
    let Some(model) = model.filter(|_| checked.holds) else {
        return Ok(checked.not_compared(SAVED_STATE, "账本本身未通过核验，没有可比对的依据。".to_owned()));
    };
    let checked = match kept {
        Some(kept) => checked.compared(KEPT_HEAD, kept.head.size, lost(directory, &kept, &model)?),
        None => checked,
    };
    Ok(match fsck::compare(directory, &model)? {
        fsck::Saved::Nothing => checked,
        fsck::Saved::NotCompared(reason) => checked.not_compared(SAVED_STATE, reason),
        fsck::Saved::Compared(size, findings) => checked.compared(SAVED_STATE, size, findings),
    })
}

/// Whether the ledger leads to the head that was kept beside it: if not, it is an older copy of itself.
fn lost(directory: &Path, kept: &SignedHead, model: &ReadModel) -> anyhow::Result<Vec<Finding>> {
    let log = Log::open_read_only(directory).map_err(of_open)?;
    let lost = heads::lost(directory, &log, model, Vec::new())?;
    let finding = |lost: SignedHead| Finding {
        kind: KEPT_HEAD,
        table: None,
        position: None,
        expected: Some(format!("{} 行", lost.head.size)),
        found: Some(format!("{} 行", model.size())),
        message_zh: LostBranch { lost, lines: model.size() }.to_string(),
    };
    Ok(lost.into_iter().filter(|lost| lost.head == kept.head).map(finding).collect())
}

/// What the check before found right, from its file; one that cannot be read counts as none.
fn last_verified(path: &Path) -> Option<Verified> {
    #[derive(Deserialize)]
    struct Before {
        last_verified: Option<Verified>,
    }
    let bytes = std::fs::read(path).ok()?;
    serde_json::from_slice::<Before>(&bytes).ok()?.last_verified
}

fn first_finding(checked: &SelfCheck) -> &str {
    checked
        .findings
        .first()
        .map_or("没有任何一行可供核验，不能算通过。", |finding| &finding.message_zh)
}

fn sentence(checked: &SelfCheck) -> String {
    let time = args::china_time(checked.checked_at);
    if checked.holds {
        return format!(
            "{time} 自查通过：{} 行、{} 个登记的表根由各行重算，全部一致。",
            checked.lines, checked.attested_tables
        );
    }
    format!("{time} 自查报警：{} 处发现。{}", checked.findings.len(), first_finding(checked))
}

fn answer(checked: &SelfCheck) -> Answer {
    let json = serde_json::to_value(checked).expect("a self-check is JSON");
    let answer = Answer::new(json).text(sentence(checked));
    let answer = match checked.last_verified.filter(|_| !checked.holds) {
        Some(last) => answer.text(format!(
            "最近一次全部一致：{}，前 {} 行，树根 {}。",
            args::china_time(last.at),
            last.size,
            last.root
        )),
        None => answer,
    };
    let answer = if checked.findings.is_empty() { answer } else { answer.table(findings(checked)) };
    answer.table(beside(checked)).finding_if(!checked.holds)
}

fn findings(checked: &SelfCheck) -> Table {
    if checked.findings.iter().all(|finding| finding.kind.starts_with("saved-")) {
        fsck::shown(&checked.findings)
    } else {
        verify::findings(&checked.findings)
    }
}

fn beside(checked: &SelfCheck) -> Table {
    let mut table = Table::new("各行之外比对的", ["名称", "结果"]);
    for own in &checked.beside {
        let compared = own.compared.map(|size| format!("前 {size} 行的，已比对"));
        let result = compared.or_else(|| own.not_compared.clone()).unwrap_or_default();
        table.row([own.name.to_owned(), result]);
    }
    if checked.beside.is_empty() {
        table.note("没有保存状态和另存的账本头，未比对。")
    } else {
        table
    }
}

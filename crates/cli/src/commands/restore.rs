//! `restore`: an older copy of a ledger says what was lost, and goes on.

use std::path::PathBuf;

use anyhow::Context as _;
use app::publish::SignedHead;
use clap::Args;
use events::{Event, LedgerRestored, LogKeyChanged};

use super::acts::{Actor, Proposal, record_in};
use crate::args::read_file;
use crate::ending::WrongData;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::log_key;
use crate::output::Answer;

/// 恢复旧备份后继续记录：写明失去了哪个账本头，换用新的账本头密钥
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录；不写则用 --ledger
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// 发生了什么，为什么找不回后面的记录；会入账
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// 别处保存的账本头文件（如见证方的），比“目录名.head”更新时用它
    #[arg(long, value_name = "FILE")]
    lost: Option<PathBuf>,
    #[command(flatten)]
    actor: Actor,
}

/// Records the heads that were lost and a new key, so that the ledger can go on.
///
/// # Errors
/// When nothing was lost, or the ledger cannot be opened or refuses.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { directory, reason, lost, actor } = arguments;
    let directory = ledger.or(directory.as_deref())?;
    let others: Vec<SignedHead> = lost.map(read).transpose()?.into_iter().collect();
    let (writer, lost) = Writer::open_older(&directory, others).context(
        "没有打开旧副本。如果是目录里的 checkpoint 比 journal 新，请把它移到账本目录外，再用 --lost 指明它。",
    )?;
    if lost.is_empty() {
        let text = "这个账本目录延续到了已知的每个账本头，没有失去什么，不需要恢复。";
        return Err(WrongData(text.to_owned()).into());
    }
    let key = log_key::prepare(&directory, &writer.origin()?)?;
    let told = told(&lost, writer.size());
    let mut events: Vec<Event> = lost.into_iter().map(|lost| restored(lost, &reason)).collect();
    events.push(LogKeyChanged { log_key: key.verifier.to_string() }.into());
    let answer = record_in(writer, &actor, |book| Ok(Proposal::of_administrator(book, events)))?;
    Ok(answer.text(format!(
        "{told}\n新的验证密钥：{}\n请告知保存过旧账本头的各方：他们核验时会看到两者不符，原因以这一行为准。",
        key.verifier
    )))
}

fn read(path: PathBuf) -> anyhow::Result<SignedHead> {
    let signed = SignedHead::parse(&read_file(&path)?);
    signed.map_err(|error| WrongData(format!("{} 不是账本头（{}）。", path.display(), error.code())).into())
}

fn restored(lost: SignedHead, reason: &str) -> Event {
    LedgerRestored { lost_head: lost.note, reason: reason.to_owned() }.into()
}

fn told(lost: &[SignedHead], lines: u64) -> String {
    let sizes: Vec<String> = lost.iter().map(|lost| format!("第 {} 行", lost.head.size)).collect();
    format!("这份副本有 {lines} 行；失去的账本头签到{}。", sizes.join("、"))
}

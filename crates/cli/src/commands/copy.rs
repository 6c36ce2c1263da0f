//! `copy`: the lines of a ledger from one engine into another.

use std::path::Path;

use anyhow::bail;
use clap::Args;
use serde_json::json;
use store::transfer::{self, Appends};
use store_eventstore::Address;

use crate::ledger::of_transfer;
use crate::ledger_dir::with_name;
use crate::log::{Log, of_open};
use crate::output::Answer;
use crate::progress;

/// 复制账本
#[derive(Debug, Args)]
pub struct Arguments {
    /// 来源：账本目录，或存储地址 eventstore+http://…
    #[arg(value_name = "FROM")]
    from: String,
    /// 目标：新的或上次没有复制完的目录，或存储地址
    #[arg(value_name = "TO")]
    to: String,
}

/// Copies every line, and compares both sides at the end. Run again, it goes on where it stopped.
///
/// # Errors
/// When the target holds something else, or one of the two cannot be read or written.
pub fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let Arguments { from, to } = arguments;
    let source = source(from)?;
    let target = target(to)?;
    let appends = match &target {
        Log::Journal(_) => Appends::Same,
        Log::Server(_) => Appends::Joined,
    };
    let bar = progress::bar(0, "复制");
    let done = transfer::run(&source, &target, appends, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .map_err(of_transfer)?;
    bar.finish_and_clear();
    let new = done.size - done.before;
    let text = format!(
        "两边都是 {} 行，逐字节相同，树根 {}。本次写入 {new} 行，原有 {} 行已逐行比对。\n{}",
        done.size,
        done.root,
        done.before,
        next_steps(from, &target),
    );
    let (size, root, before) = (done.size, done.root, done.before);
    Ok(Answer::new(json!({ "lines": size, "root": root, "written": new, "before": before })).text(text))
}

fn source(text: &str) -> anyhow::Result<Log> {
    if Address::is_one(text) {
        return Log::at(text.parse()?).map_err(of_open);
    }
    let directory = Path::new(text);
    if !directory.is_dir() {
        bail!("没有账本目录 {text}。请核对路径；服务器上的账本写成 eventstore+http://…");
    }
    Log::open_read_only(directory).map_err(of_open)
}

fn target(text: &str) -> anyhow::Result<Log> {
    if Address::is_one(text) {
        return Log::at(text.parse()?).map_err(of_open);
    }
    let directory = Path::new(text);
    if directory.is_dir() {
        return Log::open(&with_name(directory)?, 0).map_err(of_open);
    }
    Log::open(directory, 0).map_err(of_open)
}

/// Lines are all that was copied.
fn next_steps(from: &str, target: &Log) -> String {
    let keys = if Address::is_one(from) { "原状态目录名" } else { from.trim_end_matches('/') };
    let place = match target {
        Log::Journal(_) => "新目录旁边，并改成新目录的名字".to_owned(),
        Log::Server(_) => "状态目录旁边（--state DIR，文件叫 DIR.key、DIR.head）".to_owned(),
    };
    format!(
        "只复制了行。要换到这里继续记录：先停用原处，再把 {keys}.key 和 {keys}.head 移到{place}。两处都记录，就会出现两个版本。\n"
    )
}

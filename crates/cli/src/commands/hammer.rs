//! `hammer`: records without end, for trials that kill the program or cut the power.
//!
//! Hidden from the help. It takes the way every recording command takes, and tells of a submission only once it is recorded:
//! whatever it has printed must be in the ledger after any end.

use std::io::Write as _;
use std::thread;

use anyhow::bail;
use app::Receipt;
use clap::Args;
use domain::ledger::Submission;
use events::{Event, EvidenceAttached, UnitId};
use serde_json::json;
use uuid::Uuid;

use super::acts;
use crate::args;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 反复记录试验内容（只用于演示账本）
#[derive(Debug, Args)]
pub struct Arguments {
    /// 几个线程同时报送
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = args::count)]
    threads: u32,
    /// 每个线程记几次后停止；不写则不停
    #[arg(long, value_name = "NUMBER", value_parser = args::count)]
    rounds: Option<u32>,
}

/// Records until it is ended from outside, or for so many rounds.
///
/// # Errors
/// When the ledger is no demonstration, or cannot record.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let writer = Writer::open(&ledger.directory()?)?;
    if !writer.with_book(|book| book.registry().is_synthetic()) {
        bail!("这不是演示账本，不能往里记试验内容。");
    }
    let unit = writer.with_book(acts::administrator);
    let Some(unit) = unit.or_else(|| writer.with_book(first_unit)) else {
        bail!("账本里还没有单位。")
    };
    let rounds = arguments.rounds.map_or(u64::MAX, u64::from);
    thread::scope(|scope| {
        let record = || (0..rounds).try_for_each(|_| one(&writer, &unit));
        let threads: Vec<_> = (0..arguments.threads).map(|_| scope.spawn(record)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a thread that only records"))
    })?;
    let size = writer.size();
    writer.close()?;
    Ok(Answer::new(json!({ "lines": size })).mark("演示数据：数值均为虚构，仅供演示。"))
}

fn first_unit(book: &domain::book::Book) -> Option<UnitId> {
    book.registry().units().next().map(|unit| unit.registered.clone())
}

/// One submission of two lines: a trial sees whether it is ever recorded by half.
fn one(writer: &Writer, unit: &UnitId) -> anyhow::Result<()> {
    let submission = Uuid::new_v4();
    let event = |part: u8| -> Event {
        let bytes = [submission.as_bytes().as_slice(), &[part]].concat();
        EvidenceAttached {
            blake3: chain::hash::content_hash(&bytes),
            bytes: 17,
            figure: None,
            media_type: "application/octet-stream".to_owned(),
            title: format!("试验 {submission} 第 {part} 份"),
        }
        .into()
    };
    let by = "trial".parse().expect("a valid account id");
    let submission =
        Submission { submission, unit: unit.clone(), by, events: vec![event(1), event(2)], signature: None };
    match writer.record(submission)? {
        Ok(receipt) => tell(&receipt),
        Err(problems) => bail!("试验内容被拒收：{}", problems[0].kind),
    }
}

/// One line of JSON, whole or not at all in the reader's eyes: it ends with LF.
fn tell(receipt: &Receipt) -> anyhow::Result<()> {
    let Receipt { submission, first, hashes, .. } = receipt;
    let line = json!({ "submission": submission, "position": first, "hashes": hashes });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

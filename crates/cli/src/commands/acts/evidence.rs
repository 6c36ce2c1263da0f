//! `evidence`: files that show a figure, put on record by their hash.

use std::path::PathBuf;

use chain::EventHash;
use clap::Args;
use events::EvidenceAttached;

use super::{Actor, Proposal, record};
use crate::args;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 佐证文件：只记它的哈希，文件自行保管
#[derive(Debug, Args)]
pub struct Arguments {
    /// 佐证文件
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 名称
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// 证明哪个数：该数值的事件哈希
    #[arg(long, value_name = "HASH", value_parser = args::hash)]
    figure: Option<EventHash>,
    /// 文件类型，如 application/pdf
    #[arg(long, value_name = "TYPE", default_value = "application/octet-stream")]
    media_type: String,
    #[command(flatten)]
    actor: Actor,
}

/// Attaches a file; the unit is the one that reported the figure, or the digital office.
///
/// # Errors
/// As [`record`]; also when the file cannot be read.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { file, title, figure, media_type, actor } = arguments;
    let bytes = args::read_file(&file)?;
    record(ledger, &actor, |book| {
        let length = u64::try_from(bytes.len()).expect("a file in memory has a length of 64 bits");
        let blake3 = chain::hash::content_hash(&bytes);
        let unit = figure.and_then(|hash| book.figure_ix(&hash)).map(|ix| book.figure(ix).unit.clone());
        let events = vec![EvidenceAttached { blake3, bytes: length, figure, media_type, title }.into()];
        Ok(match unit {
            Some(unit) => Proposal { unit: Some(unit), events, confirming: None },
            None => Proposal::of_administrator(book, events),
        })
    })
}

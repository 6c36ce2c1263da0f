//! `compress`: sealed segments become `.zst`, which `zstdcat` reads.

use serde_json::json;

use crate::commands::setup::demo::bytes_in;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::output::Answer;
use crate::state_folder;

/// Compresses every sealed segment that is plain.
///
/// # Errors
/// When the ledger is open elsewhere, cannot be written, or has its lines on a server.
pub fn run(ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = ledger.directory()?;
    if let Some(address) = state_folder::address_in(&directory)? {
        anyhow::bail!("账本的行在服务器上（{address}），这里没有段文件可压缩。");
    }
    let folder = directory.join("journal");
    let before = bytes_in(&folder)?;
    let writer = Writer::open(&directory)?;
    let segments = writer.compress()?;
    let lines = writer.size();
    writer.close()?;
    let after = bytes_in(&folder)?;
    let text = format!(
        "压缩了 {segments} 个已封存的段。journal 从 {before} 字节变为 {after} 字节，{lines} 行。\n\
         当前段不压缩。查看压缩段：zstdcat {}/*.zst | less\n",
        folder.display(),
    );
    let json = json!({ "segments": segments, "bytes_before": before, "bytes_after": after, "lines": lines });
    Ok(Answer::new(json).text(text))
}

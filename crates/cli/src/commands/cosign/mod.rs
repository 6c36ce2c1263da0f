//! `cosign`: asks a witness to cosign the current head, and keeps the cosignature under it.

mod client;
mod head;

use std::path::PathBuf;

use chain::Instant;
use chain::note::{KeyType, Note, VerifierKey};
use chain::policy::Policy;
use clap::Args;
use serde_json::json;

use super::witness::verifier_key;
use crate::args::china_time;
use crate::ending::WrongData;
use crate::ledger_dir::Choice;
use crate::output::Answer;

use client::{Door, Said};
use head::Tree;

pub use head::SignedHead;

/// How often the witness is asked: with no size, with the one it named, and again where others asked in between.
const ATTEMPTS: usize = 4;

/// 请见证方副署
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录；不写则用 --ledger
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// 见证方网址，如 http://witness.example:7380
    #[arg(long, value_name = "URL")]
    witness: String,
    /// 见证方的验证密钥
    #[arg(long, value_name = "VKEY", value_parser = verifier_key)]
    witness_key: VerifierKey,
    /// 见证策略文件（C2SP tlog-policy）：副署之后看是否已满足
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Asks a witness to cosign the current head. Asking again for the same head gives a newer cosignature.
///
/// # Errors
/// When there is no head, no answer, a refusal, or an answer that is no cosignature of this head by this key.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = ledger.or(arguments.directory.as_deref())?;
    let key = &arguments.witness_key;
    anyhow::ensure!(key.kind() == KeyType::Cosignature, "“{}”不是见证方的验证密钥（0x04 型）。", key.name());
    let policy = arguments.policy.as_deref().map(super::verify::policy).transpose()?;
    let signed = SignedHead::read(&directory)?;
    let tree = Tree::under(&signed.head, &directory)?;
    let (from, lines) = asked(&Door::at(&arguments.witness)?, &signed, &tree)?;
    let cosignature = Cosignature::of(&signed.note, &lines, key)?;
    let note = signed.cosigned(&cosignature.line, key)?;
    Ok(answer(&signed, key, from, cosignature.time_s, policy.map(|policy| met(&policy, &note))))
}

/// Asks until the witness cosigns; gives the size it knew and the lines it answered.
fn asked(door: &Door, signed: &SignedHead, tree: &Tree) -> anyhow::Result<(u64, String)> {
    let size = signed.head.size;
    let mut from = 0;
    for _ in 0..ATTEMPTS {
        let known = match door.ask(from, &tree.proof_from(from)?, &signed.text)? {
            Said::Lines(lines) => return Ok((from, lines)),
            Said::Refused { status, reason } => return Err(refused(status, &reason)),
            Said::Size(known) => known,
        };
        if known > size {
            return Err(WrongData(format!(
                "见证方已副署到第 {known} 行，而这里的账本头只有 {size} 行：账本可能是从旧备份恢复的。\
                 请勿继续记录，先找回较新的账本。"
            ))
            .into());
        }
        if known == from {
            return Err(WrongData(format!(
                "见证方副署过的 {known} 行与这里的前 {known} 行不同：账本出现了两个版本。\
                 请勿改动任何文件，先与备份和见证方保存的账本头比对。"
            ))
            .into());
        }
        from = known;
    }
    anyhow::bail!("见证方每次都给出另一个行数。可能有别的程序也在请它副署，请稍后再试。")
}

fn refused(status: u16, reason: &str) -> anyhow::Error {
    let hint = match status {
        403 => "见证方没有登记签署这个账本头的密钥，或账本头的签名无效",
        404 => "见证方不认识这个账本，请对方用 --log 登记；也请核对网址",
        422 => "见证方认为这里的账本不是它副署过的账本的延续：账本可能被改写过，请先用 verify 核验",
        500..=599 => "见证方自身有故障，请与对方联系后再试",
        _ => "请与见证方联系",
    };
    let text = format!("见证方没有副署（HTTP {status}）：{reason}\n{hint}。");
    if matches!(status, 403 | 422) { WrongData(text).into() } else { anyhow::anyhow!(text) }
}

/// A cosignature that was checked.
struct Cosignature {
    line: String,
    time_s: u64,
}

impl Cosignature {
    /// Looks for the key's line among those that were answered; other keys' lines are left aside, whatever they say.
    fn of(note: &Note, lines: &str, key: &VerifierKey) -> anyhow::Result<Self> {
        let own = lines.split_inclusive('\n').find_map(|line| Self::read(note, line, key));
        own.ok_or_else(|| {
            let name = key.name();
            let said =
                format!("见证方的答复里没有“{name}”对这个账本头的有效副署，没有采用。请核对 --witness-key。");
            WrongData(said).into()
        })
    }

    fn read(note: &Note, line: &str, key: &VerifierKey) -> Option<Self> {
        let alone = Note::parse(format!("{}\n{line}", note.text).as_bytes()).ok()?;
        if alone.signed_by(key) != Ok(true) {
            return None;
        }
        let time_s = u64::from_be_bytes(*alone.signatures.first()?.bytes.first_chunk::<8>()?);
        // tlog-cosignature allows no larger time.
        i64::try_from(time_s).is_ok().then(|| Self { line: line.to_owned(), time_s })
    }
}

/// Whose signatures the policy counts, or the code of why they do not suffice.
fn met(policy: &Policy, note: &str) -> Result<Vec<String>, &'static str> {
    policy.open(note.as_bytes()).map(|(_, signers)| signers).map_err(|error| error.code())
}

fn answer(
    signed: &SignedHead,
    key: &VerifierKey,
    from: u64,
    time_s: u64,
    policy: Option<Result<Vec<String>, &'static str>>,
) -> Answer {
    let SignedHead { head, .. } = signed;
    let time = i64::try_from(time_s).ok().and_then(|time| time.checked_mul(1_000_000));
    let time = time.and_then(Instant::from_micros);
    let shown = time.map_or_else(|| format!("1970 年后第 {time_s} 秒"), china_time);
    let mut text = format!(
        "见证方 {} 已副署账本头：{} 行，北京时间 {shown}（对方的时钟）。它此前见过 {from} 行。\n副署已写入 {}。\n",
        key.name(),
        head.size,
        signed.path().display(),
    );
    match &policy {
        None => (),
        Some(Ok(signers)) => text.push_str(&format!("见证策略已满足，签名者：{}。\n", signers.join("、"))),
        Some(Err(code)) => text.push_str(&format!("见证策略还没有满足（{code}）：请再请其他见证方副署。\n")),
    }
    let unmet = matches!(policy, Some(Err(_)));
    let json = json!({
        "witness": key.name(),
        "size": head.size,
        "root": head.root,
        "time": time,
        "known_before": from,
        "checkpoint": signed.path(),
        "policy_met": policy.map(|policy| policy.is_ok()),
    });
    Answer::new(json).text(text).finding_if(unmet)
}

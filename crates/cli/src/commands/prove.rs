//! `prove` and `verify-proof`: a line's way to a signed tree head, as a file that anyone checks without the ledger.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::LoadError;
use app::publish::{CannotProve, SignedHead, prove_inclusion};
use chain::EventHash;
use chain::hash::event_hash;
use chain::policy::Policy;
use chain::proof::Proof;
use clap::Args;
use serde_json::json;
use store::EventLog as _;

use crate::args::read_file;
use crate::ending::WrongData;
use crate::heads;
use crate::ledger::{Reader, of_store};
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table, complain, write_new};

/// Lines that are read at once while a hash is looked for.
const BATCH_LINES: usize = 4_096;

/// 给一行出包含证明
#[derive(Debug, Args)]
pub struct Arguments {
    /// 行的位置（从 0 起）或事件哈希
    #[arg(value_name = "LINE", value_parser = which)]
    line: Which,
    /// 证明文件；不写则输出到屏幕
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// 把这一行的字节也写成文件，核验时用
    #[arg(long, value_name = "FILE")]
    line_output: Option<PathBuf>,
}

/// 核验包含证明
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// 证明文件（tlog-proof）
    #[arg(value_name = "FILE")]
    proof: PathBuf,
    /// 行文件：账本中的那一行
    #[arg(long, value_name = "FILE")]
    line: PathBuf,
    /// 账本的验证密钥；与 --policy 二选一
    #[arg(long, value_name = "VKEY", required_unless_present = "policy", conflicts_with = "policy")]
    key: Option<String>,
    /// 见证策略文件（C2SP tlog-policy）
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Which line is meant.
#[derive(Clone, Copy, Debug)]
enum Which {
    Position(u64),
    Hash(EventHash),
}

fn which(text: &str) -> Result<Which, String> {
    if let Ok(hash) = text.parse() {
        return Ok(Which::Hash(hash));
    }
    let position = text.parse().map_err(|_| "要写位置（从 0 起的整数）或 64 位事件哈希".to_owned())?;
    Ok(Which::Position(position))
}

/// Writes the proof that a line stands under the published head.
///
/// # Errors
/// When there is no such line or no head over it, or a file cannot be read or written.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = ledger.directory()?;
    let reader = Reader::open(&directory)?;
    let note = read_file(&directory.join("checkpoint")).context("账本还没有签名的账本头。")?;
    let signed = heads::verified(&note, reader.book().registry())?;
    let position = match arguments.line {
        Which::Position(position) => position,
        Which::Hash(hash) => position_of(&reader, &hash)?,
    };
    let line = line_at(&reader, position)?;
    let proof = proof_of(&reader, &signed, position, &line)?;
    let text = String::from_utf8(proof.to_bytes()).expect("a proof file is text");
    if let Some(path) = &arguments.line_output {
        write_new(path, &line)?;
    }
    let json = json!({
        "position": position, "hash": event_hash(&line), "size": signed.head.size, "root": signed.head.root,
        "hashes": proof.hashes, "proof": text,
    });
    let answer = Answer::new(json);
    let Some(path) = &arguments.output else { return Ok(answer.text(text)) };
    write_new(path, text.as_bytes())?;
    Ok(reader.marked(answer.text(format!("第 {position} 行的包含证明已写入 {}。", path.display()))))
}

/// A proof that was verified before it is given away: damaged tiles are told, and the lines asked instead.
fn proof_of(reader: &Reader, signed: &SignedHead, position: u64, line: &[u8]) -> anyhow::Result<Proof> {
    let proved = prove_inclusion(reader.directory(), reader.log(), signed, position, line);
    let proved = proved.map_err(|error| match error {
        CannotProve::Load(LoadError::Store(error)) => of_store(error),
        error @ CannotProve::NotUnderHead { .. } => anyhow::Error::from(error),
        error @ (CannotProve::OtherHead | CannotProve::Load(_)) => WrongData(error.to_string()).into(),
    })?;
    if proved.tiles_damaged {
        complain("提示：哈希瓦片有误，改由各行重算；head --rebuild-tiles 可重建瓦片。\n");
    }
    Ok(proved.proof)
}

fn line_at(reader: &Reader, position: u64) -> anyhow::Result<Vec<u8>> {
    let batch = reader.log().read(position, 1)?;
    let line = batch.get(0).with_context(|| format!("账本没有第 {position} 行。"))?;
    Ok(line.to_vec())
}

fn position_of(reader: &Reader, hash: &EventHash) -> anyhow::Result<u64> {
    let mut next = 0;
    loop {
        let batch = reader.log().read(next, BATCH_LINES)?;
        if batch.is_empty() {
            bail!("账本里没有哈希为 {hash} 的行。请从 trail 或 explain 复制哈希。");
        }
        if let Some((position, _)) = batch.iter().find(|(_, line)| event_hash(line) == *hash) {
            return Ok(position);
        }
        next = batch.next();
    }
}

/// Checks a proof with nothing but the line and a key or a policy.
///
/// # Errors
/// When a file cannot be read, or the key or policy is none. A proof that does not hold is an answer.
pub fn verify(arguments: &VerifyArguments) -> anyhow::Result<Answer> {
    let policy = policy(arguments)?;
    let file = read_file(&arguments.proof)?;
    let line = read_file(&arguments.line)?;
    // A line taken from a journal with stock tools ends with LF; the line is what stands before it.
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    let verified = Proof::parse(&file).and_then(|proof| Ok((proof.index, proof.verify(line, &policy)?)));
    let place = arguments.proof.display();
    match verified {
        Ok((index, head)) => {
            let mut table = Table::new("证明成立", ["项目", "内容"]);
            table.row(["账本名".to_owned(), head.origin.clone()]);
            table.row(["行的位置".to_owned(), index.to_string()]);
            table.row(["事件哈希".to_owned(), event_hash(line).to_string()]);
            table.row(["账本头".to_owned(), format!("前 {} 行，树根 {}", head.size, head.root)]);
            let json = json!({
                "verified": true, "origin": head.origin, "position": index, "hash": event_hash(line),
                "size": head.size, "root": head.root,
            });
            Ok(Answer::new(json).table(table))
        }
        Err(error) => {
            let json = json!({ "verified": false, "code": error.code() });
            let text = format!("{place}：证明不成立（{}）。{}", error.code(), reason(error.code()));
            Ok(Answer::new(json).text(text).finding_if(true))
        }
    }
}

fn policy(arguments: &VerifyArguments) -> anyhow::Result<Policy> {
    if let Some(path) = &arguments.policy {
        return policy_file(path);
    }
    let key = arguments.key.as_deref().unwrap_or_default();
    let policy = format!("log {key}\nquorum none\n").parse();
    policy.ok().with_context(|| format!("“{key}”不是账本的验证密钥，应为 名称+编号+密钥。"))
}

fn policy_file(path: &Path) -> anyhow::Result<Policy> {
    Policy::parse(&read_file(path)?)
        .map_err(|error| WrongData(format!("{} 不是见证策略：{error}", path.display())).into())
}

fn reason(code: &str) -> &'static str {
    match code {
        "proof-format" => "文件不是 tlog-proof 证明。",
        "note-format" | "checkpoint-format" => "文件里的账本头读不出来。",
        "origin" => "账本头不是这个账本的，请核对密钥或策略。",
        "signature" | "no-log-signature" => {
            "账本头没有这个密钥的有效签名，请核对密钥是否为出证明时的那一个。"
        }
        "quorum" => "见证方的签名不够策略要求的数目。",
        "index" => "位置不在账本头之内。",
        _ => "这一行的字节与证明不符：行被改动过，或不是证明所指的那一行。",
    }
}

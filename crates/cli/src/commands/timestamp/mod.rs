//! `timestamp`: RFC 3161 requests over the signed head as files, and their answers beside the ledger.
//!
//! No service is called: the request goes out and the answer comes back by whatever way the house allows.

mod tsp;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chain::note::{Checkpoint, Note};
use clap::{Args, Subcommand};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::cosign::SignedHead;
use crate::args::{china_time, read_file};
use crate::durable;
use crate::ending::WrongData;
use crate::ledger_dir::Choice;
use crate::output::Answer;

use tsp::{Request, Stamp};

/// How many random bytes a nonce has.
const NONCE_BYTES: usize = 16;
/// What every answer of these commands leaves to others.
const NOT_CHECKED: &str =
    "没有核验：时间戳服务的签名与证书链。核验用 openssl（CA 证书须从时间戳服务方另行取得）：";

/// 时间戳
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 为当前账本头出时间戳请求文件
    Request {
        /// 账本目录；不写则用 --ledger
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
        /// 请求文件（.tsq）
        #[arg(short = 'o', long = "output", value_name = "FILE")]
        file: PathBuf,
    },
    /// 把时间戳回执存到账本旁
    #[command(allow_missing_positional = true)]
    Attach {
        /// 账本目录；不写则用 --ledger
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
        /// 回执文件（.tsr）
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// 当时的请求文件（.tsq）：核对回执是否答复这一请求
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
}

/// Makes a request, or attaches its answer.
///
/// # Errors
/// When there is no head, a file cannot be read or written, or the answer is not granted or speaks of no head that was asked about.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let chosen = |directory: &Option<PathBuf>| ledger.or(directory.as_deref());
    match &arguments.action {
        Action::Request { directory, file } => request(&chosen(directory)?, file),
        Action::Attach { directory, file, request } => {
            attach(&Stamps::of(&chosen(directory)?), file, request.as_deref())
        }
    }
}

fn request(directory: &Path, file: &Path) -> anyhow::Result<Answer> {
    let signed = SignedHead::read(directory)?;
    let imprint = Sha256::digest(&signed.text).into();
    let request = Request { imprint, nonce: Some(nonce()?) };
    // The note first: `checkpoint` moves on, and an answer is worth nothing without the bytes it speaks of.
    Stamps::of(directory).keep_asked(&imprint, signed.text.as_bytes())?;
    durable::replace(file, "part", &request.to_der()?)?;
    let text = format!(
        "时间戳请求已写入 {}：账本头 {} 行，SHA-256 {}。\n\
         请送时间戳服务，例如：curl -H 'Content-Type: application/timestamp-query' --data-binary @{} 网址 -o 回执.tsr\n\
         收到后：progress-ledger timestamp attach {} 回执.tsr\n",
        file.display(),
        signed.head.size,
        hex(&imprint),
        file.display(),
        directory.display(),
    );
    let json =
        json!({ "size": signed.head.size, "root": signed.head.root, "sha256": hex(&imprint), "file": file });
    Ok(Answer::new(json).text(text))
}

/// A nonce that is a positive number without leading zeros, whatever the randomness.
fn nonce() -> anyhow::Result<Vec<u8>> {
    let mut nonce = vec![0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|error| anyhow::anyhow!("系统没有给出随机数：{error}"))?;
    nonce[0] |= 1;
    Ok(nonce)
}

fn attach(stamps: &Stamps, file: &Path, request: Option<&Path>) -> anyhow::Result<Answer> {
    let bytes = read_file(file)?;
    let stamp = Stamp::parse(&bytes).map_err(|error| WrongData(format!("{}：{error}。", file.display())))?;
    if let Some(path) = request {
        let request = Request::parse(&read_file(path)?)
            .map_err(|error| WrongData(format!("{}：{error}。", path.display())))?;
        if (request.imprint, &request.nonce) != (stamp.imprint, &stamp.nonce) {
            return Err(WrongData(format!("回执答复的不是请求 {}，没有存入。", path.display())).into());
        }
    }
    let note = stamps.asked(&stamp.imprint)?;
    let head = Note::parse(&note).and_then(|note| Checkpoint::parse(&note.text));
    let head = head.map_err(|error| WrongData(format!("请求时留存的账本头已损坏（{error}）。")))?;
    let (checkpoint, answer) = stamps.keep(head.size, &note, &bytes)?;
    let text = format!(
        "时间戳已存为 {}：{} 行的账本头在北京时间 {}（对方的时钟）之前已经存在，策略 {}。\n\
         {NOT_CHECKED}\n  openssl ts -verify -data {} -in {} -CAfile CA证书.pem\n",
        answer.display(),
        head.size,
        china_time(stamp.time),
        stamp.policy,
        checkpoint.display(),
        answer.display(),
    );
    let json = json!({
        "size": head.size,
        "root": head.root,
        "time": stamp.time,
        "policy": stamp.policy,
        "checkpoint": checkpoint,
        "answer": answer,
        "not_checked": ["tsa-signature", "tsa-certificates"],
    });
    Ok(Answer::new(json).text(text))
}

/// The time-stamps of a ledger: `timestamps/<size>.tsr` beside `<size>.checkpoint`, and the notes that were asked about.
struct Stamps {
    folder: PathBuf,
}

impl Stamps {
    fn of(directory: &Path) -> Self {
        Self { folder: directory.join("timestamps") }
    }

    fn asked_path(&self, imprint: &[u8; 32]) -> PathBuf {
        self.folder.join("requested").join(hex(imprint)).with_extension("checkpoint")
    }

    /// Keeps the bytes of a note that a request speaks of.
    fn keep_asked(&self, imprint: &[u8; 32], note: &[u8]) -> anyhow::Result<()> {
        let path = self.asked_path(imprint);
        let folder = path.parent().context("the path has a folder")?;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("无法建立目录 {}。请检查路径与权限。", folder.display()))?;
        durable::replace(&path, "part", note)
    }

    /// The note with this SHA-256.
    fn asked(&self, imprint: &[u8; 32]) -> anyhow::Result<Vec<u8>> {
        let path = self.asked_path(imprint);
        if !path.is_file() {
            return Err(WrongData(format!(
                "回执说的是 SHA-256 {}，这个账本没有为这样的账本头请求过时间戳，没有存入。",
                hex(imprint)
            ))
            .into());
        }
        let note = read_file(&path)?;
        if Sha256::digest(&note)[..] != imprint[..] {
            return Err(
                WrongData(format!("{} 与它的 SHA-256 不符，已损坏，没有存入。", path.display())).into()
            );
        }
        Ok(note)
    }

    /// Keeps an answer beside the note it speaks of; gives where both are. An answer that is there is never replaced.
    fn keep(&self, size: u64, note: &[u8], answer: &[u8]) -> anyhow::Result<(PathBuf, PathBuf)> {
        let [checkpoint, path] = ["checkpoint", "tsr"].map(|kind| self.folder.join(format!("{size}.{kind}")));
        if path.exists() {
            let same = read_file(&path)? == answer;
            anyhow::ensure!(same, "{} 行的账本头已有时间戳 {}，不会覆盖。", size, path.display());
            return Ok((checkpoint, path));
        }
        // A crash in between leaves a note without an answer; attaching again completes it.
        durable::replace(&checkpoint, "checkpoint-part", note)?;
        durable::replace(&path, "tsr-part", answer)?;
        Ok((checkpoint, path))
    }
}

fn hex(digest: &[u8; 32]) -> String {
    chain::hash::to_hex(digest).iter().map(|byte| char::from(*byte)).collect()
}

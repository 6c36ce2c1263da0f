//! Files that go to members and back: what is to be signed (待签文件), and the signed approval (批准文件).
//!
//! A member signs where the private key is, which need not be where the ledger is: the file holds everything that is
//! signed, and the approval is a signed note that any tool for C2SP notes reads.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use chain::note::KeyType;
use domain::ledger::Statement;
use events::{CommitteeAppointed, Event, SnapshotReopened};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::acts::{self, Actor, Proposal};
use crate::args;
use crate::ending::WrongData;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::output::{Answer, write_new};
use crate::secret_key::SecretKey;

/// What is to be signed, in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    data: serde_json::Value,
    origin: String,
    #[serde(rename = "type")]
    kind: String,
    version: u32,
}

/// Writes what is to be signed.
///
/// # Errors
/// When nobody signs such an event, or the file cannot be written.
pub fn write(path: &Path, origin: &str, event: &Event) -> anyhow::Result<Answer> {
    let statement = statement(origin, event)?;
    let draft = Draft {
        data: serde_json::from_slice(statement.data())?,
        origin: origin.to_owned(),
        kind: event.kind().name().to_owned(),
        version: event.kind().version(),
    };
    let mut bytes = chain::json::to_canonical(&draft)?;
    bytes.push(b'\n');
    write_new(path, &bytes)?;
    let text = format!(
        "待签文件已写入 {0}。请交委员核对、签署：\n  progress-ledger snapshot approve --draft {0} --key 委员密钥文件 --out 批准文件\n\n{1}",
        path.display(),
        told(&statement)
    );
    Ok(Answer::new(json!({ "draft": path, "text": statement.approvable().text() })).text(text))
}

/// Reads what is to be signed: the ledger's origin, and the event.
///
/// # Errors
/// When the file is none of this kind.
pub fn read(path: &Path) -> anyhow::Result<(String, Event)> {
    let what = || format!("{} 不是待签文件，或已损坏。", path.display());
    let draft: Draft = serde_json::from_slice(&args::read_file(path)?).with_context(what)?;
    let event = Event::decode(&draft.kind, draft.version, draft.data.to_string().as_bytes());
    Ok((draft.origin, event.with_context(what)?))
}

/// What is signed of an event.
///
/// # Errors
/// When nobody signs such an event.
pub fn statement(origin: &str, event: &Event) -> anyhow::Result<Statement> {
    Statement::of(origin, event).context("这类事件不由委员签署，或其中有账本不能收的文字。")
}

/// What a member reads before signing: the payload as it is, and the text that the signature covers.
fn told(statement: &Statement) -> String {
    let data: serde_json::Value = serde_json::from_slice(statement.data()).expect("a payload is JSON");
    let data = serde_json::to_string_pretty(&data).expect("a JSON value is JSON");
    format!("签署的内容：\n{data}\n签名所覆盖的文字：\n{}", statement.approvable().text())
}

/// A member's key.
///
/// # Errors
/// When the file is no key, or one that does not approve.
pub fn member_key(path: &Path) -> anyhow::Result<SecretKey> {
    let key = SecretKey::read(path)?;
    anyhow::ensure!(
        key.verifier.kind() == KeyType::Cosignature,
        "{} 不是委员密钥（类型 4）。委员密钥用 key new --member 新建。",
        path.display()
    );
    Ok(key)
}

/// Signs a statement now.
///
/// # Errors
/// When the machine's clock stands before 1970.
pub fn sign(statement: &Statement, key: &SecretKey) -> anyhow::Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("系统时钟早于 1970 年，请先校时。")?;
    let approval = statement.approvable().approve(key.verifier.name(), &key.signing, now.as_secs());
    approval.ok().context("密钥名不合规定")
}

/// Signs a file that is to be signed, without a ledger.
///
/// # Errors
/// When a file cannot be read or written, or the key does not approve.
pub fn sign_file(path: &Path, key: &Path, out: &Path) -> anyhow::Result<Answer> {
    let (origin, event) = read(path)?;
    write_approval(&statement(&origin, &event)?, &member_key(key)?, out)
}

/// Writes a signed approval.
///
/// # Errors
/// When the file cannot be written.
pub fn write_approval(statement: &Statement, key: &SecretKey, out: &Path) -> anyhow::Result<Answer> {
    let approval = sign(statement, key)?;
    write_new(out, statement.approvable().note(&approval).as_bytes())?;
    let text = format!(
        "委员 {} 的批准已写入 {}，还没有入账，请交市数字办或考核委员会入账。\n\n{}",
        key.verifier.name(),
        out.display(),
        told(statement)
    );
    let json = json!({ "member": key.verifier.name(), "approval": approval, "file": out, "recorded": false });
    Ok(Answer::new(json).text(text))
}

/// Takes the signature line out of a signed approval of exactly this statement.
///
/// # Errors
/// When the file is no approval, or of something else.
pub fn read_approval(statement: &Statement, path: &Path) -> anyhow::Result<String> {
    let note = args::read_file(path)?;
    let approval = statement.approvable().approval_in(&note);
    approval.map_err(|error| {
        let what = if error == chain::note::NoteError::Signature {
            "批准的不是这份内容。请核对待签文件，由委员重新签署。"
        } else {
            "不是批准文件，或已损坏。"
        };
        WrongData(format!("{} {what}", path.display())).into()
    })
}

/// Records a drafted act with the approvals of it.
///
/// # Errors
/// When a file is not what it should be, or the ledger cannot be opened. A rejection is an answer.
pub fn record_approved(
    ledger: &Choice,
    actor: &Actor,
    path: &Path,
    approvals: &[PathBuf],
) -> anyhow::Result<Answer> {
    let (origin, event) = read(path)?;
    let statement = statement(&origin, &event)?;
    let approvals = approvals.iter().map(|path| read_approval(&statement, path));
    let approvals: Vec<String> = approvals.collect::<anyhow::Result<_>>()?;
    let event: Event = if let Event::SnapshotReopened(own) = event {
        SnapshotReopened { approvals, ..own }.into()
    } else if let Event::CommitteeAppointed(own) = event {
        CommitteeAppointed { approvals, ..own }.into()
    } else {
        bail!("{} 是提请冻结的待签文件，请用 snapshot approve --signed 入账。", path.display());
    };
    let writer = Writer::open(&ledger.directory()?)?;
    let proposal = writer.with_book(|book| Proposal::of_administrator(book, vec![event]));
    let answer = acts::send(&writer, actor, proposal)?;
    writer.close()?;
    Ok(answer)
}

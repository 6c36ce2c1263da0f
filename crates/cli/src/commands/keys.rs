//! `key`: signing keys of units and of committees' members, and the replacement of the key that signs tree heads.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chain::note::KeyType;
use clap::{Args, Subcommand};
use events::{AccountId, KeyEnrolled, KeyRevoked, LogKeyChanged, UnitId};
use serde_json::json;

use super::acts::{Actor, Proposal, record, record_in};
use crate::args;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::log_key;
use crate::output::Answer;
use crate::secret_key::SecretKey;

/// 签名密钥：单位的和账本头的
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 新建签名密钥文件，并显示要登记的验证密钥；单位用 --unit，考核委员用 --member
    New {
        /// 持有密钥的单位
        #[arg(long, value_name = "UNIT", value_parser = args::unit, required_unless_present = "member")]
        unit: Option<UnitId>,
        /// 持有密钥的考核委员的账号，不含姓名
        #[arg(long, value_name = "ACCOUNT", value_parser = args::account, conflicts_with = "unit")]
        member: Option<AccountId>,
        /// 密钥文件，只有本人可读；请勿交给他人
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// 登记单位的验证密钥：此后该单位的报送须签名（市数字办）
    Enrol {
        /// 验证密钥，由 key new 显示
        #[arg(value_name = "VKEY")]
        vkey: String,
        /// 持有密钥的单位
        #[arg(long, value_name = "UNIT", value_parser = args::unit)]
        holder: UnitId,
        #[command(flatten)]
        actor: Actor,
    },
    /// 更换账本头的密钥：以后的账本头用新密钥签名（市数字办）
    Rotate {
        #[command(flatten)]
        actor: Actor,
    },
    /// 停用单位的验证密钥（市数字办）
    Revoke {
        /// 验证密钥
        #[arg(value_name = "VKEY")]
        vkey: String,
        /// 持有密钥的单位
        #[arg(long, value_name = "UNIT", value_parser = args::unit)]
        holder: UnitId,
        /// 停用原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        actor: Actor,
    },
}

/// Makes, enrols or revokes a key.
///
/// # Errors
/// When the file cannot be written, or the ledger refuses the key.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::New { member: Some(member), file, .. } => new_member_key(&member, &file),
        Action::New { unit, file, .. } => {
            new_unit_key(&unit.context("请写 --unit 单位代码，或 --member 委员账号。")?, &file)
        }
        Action::Enrol { vkey, holder, actor } => {
            let event = KeyEnrolled { holder, key: vkey }.into();
            record(ledger, &actor, |book| Ok(Proposal::of_administrator(book, vec![event])))
        }
        Action::Rotate { actor } => rotate(ledger, &actor),
        Action::Revoke { vkey, holder, reason, actor } => {
            let event = KeyRevoked { holder, key: vkey, reason }.into();
            record(ledger, &actor, |book| Ok(Proposal::of_administrator(book, vec![event])))
        }
    }
}

/// Makes a key, has the ledger name it, and signs the head with it, in this order: the key that the ledger names is always
/// on the disk. It takes the old one's place when the head is signed.
fn rotate(ledger: &Choice, actor: &Actor) -> anyhow::Result<Answer> {
    let directory = ledger.directory()?;
    let writer = Writer::open(&directory)?;
    let origin = writer.origin()?;
    let key = log_key::prepare(&directory, &origin)?;
    let event = LogKeyChanged { log_key: key.verifier.to_string() }.into();
    let answer = record_in(writer, actor, |book| Ok(Proposal::of_administrator(book, vec![event])))?;
    Ok(answer.text(format!(
        "新的验证密钥：{}\n请交给核验账本头的各方；从这一行起，更大的账本头用它签名。",
        key.verifier
    )))
}

fn new_unit_key(unit: &UnitId, file: &Path) -> anyhow::Result<Answer> {
    let key = SecretKey::generate(unit.as_str())?;
    key.write_new(file)?;
    let vkey = key.verifier.to_string();
    let text = format!(
        "签名密钥已写入 {}，只有本人可读，请妥善保管，不要放进账本目录。\n\
         验证密钥（交市数字办登记）：{vkey}\n\
         登记：progress-ledger key enrol --holder {unit} '{vkey}'",
        file.display(),
    );
    Ok(Answer::new(json!({ "unit": unit, "file": file, "verifier_key": vkey })).text(text))
}

/// The key of a committee's member: of type 0x04, as `docs/format.md` §3 asks.
fn new_member_key(member: &AccountId, file: &Path) -> anyhow::Result<Answer> {
    let key = SecretKey::generate_as(member.as_str(), KeyType::Cosignature)?;
    key.write_new(file)?;
    let vkey = key.verifier.to_string();
    let text = format!(
        "委员密钥已写入 {}，只有本人可读，请妥善保管，不要交给他人，也不要放进账本目录。\n\
         验证密钥（任命委员会时登记）：{vkey}\n\
         登记：progress-ledger committee appoint --member '{member}:单位代码:{vkey}' …",
        file.display(),
    );
    Ok(Answer::new(json!({ "member": member, "file": file, "verifier_key": vkey })).text(text))
}

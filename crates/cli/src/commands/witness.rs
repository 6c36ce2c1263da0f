//! `witness`: the witness program, and its key.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use chain::note::{KeyType, VerifierKey};
use clap::{Args, Subcommand};
use serde_json::json;
use witness::Witness;
use witness::memory::{Memory, MemoryError};

use crate::ending::WrongData;
use crate::output::{Answer, complain};
use crate::secret_key::SecretKey;

/// 运行见证方
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// 状态目录：记着已副署到哪里。首次运行前请先建好；绝不可用备份恢复
    #[arg(long, value_name = "DIR", required = true)]
    state: Option<PathBuf>,
    /// 见证密钥文件，由 witness key 新建
    #[arg(long, value_name = "FILE", required = true)]
    key: Option<PathBuf>,
    /// 账本的验证密钥；可写多个
    #[arg(long = "log", value_name = "VKEY", num_args = 1.., required = true, value_parser = verifier_key)]
    logs: Vec<VerifierKey>,
    /// 监听地址，如 127.0.0.1:7380
    #[arg(long, value_name = "ADDR", required = true)]
    listen: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 新建见证密钥文件，并显示验证密钥
    Key {
        /// 见证方名称，如 witness.example/w1；写进每个副署
        #[arg(long, value_name = "NAME")]
        name: String,
        /// 密钥文件，只有本人可读；请勿交给账本一方
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Reads a C2SP verifier key.
///
/// # Errors
/// What one looks like.
pub fn verifier_key(text: &str) -> Result<VerifierKey, String> {
    text.parse().map_err(|_| "验证密钥要写成 名称+8 位十六进制编号+base64".to_owned())
}

/// Runs a witness until the process is asked to end, or makes a witness's key.
///
/// # Errors
/// When key, state or port cannot be used.
pub fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    if let Some(Action::Key { name, file }) = &arguments.action {
        return new_key(name, file);
    }
    let (Some(state), Some(key), Some(listen)) = (&arguments.state, &arguments.key, &arguments.listen) else {
        anyhow::bail!("运行见证方须写 --state、--key、--log 和 --listen。");
    };
    let witness = open(state, key, arguments.logs.clone())?;
    let name = witness.verifier().name().to_owned();
    let port = TcpListener::bind(listen)
        .with_context(|| format!("无法监听 {listen}。请换一个端口，或检查地址和权限。"))?;
    let address = port.local_addr()?.to_string();
    // On standard error, so that what is printed stays one answer.
    let greeting = greeting(&witness, &address)?;
    witness::http::run(port, || complain(&greeting), witness, now_s).context("见证程序的网络出错。")?;
    let text = format!("见证方 {name} 已停止，所有已收到的请求都已答复。\n");
    Ok(Answer::new(json!({ "witness": name, "listen": address, "stopped": true })).text(text))
}

fn new_key(name: &str, file: &Path) -> anyhow::Result<Answer> {
    let key = SecretKey::generate_as(name, KeyType::Cosignature)?;
    key.write_new(file)?;
    let vkey = key.verifier.to_string();
    let text = format!(
        "见证密钥已写入 {}，只有本人可读，请妥善保管，不要交给账本一方。\n\
         验证密钥（写进见证策略，交账本一方和核验的人）：{vkey}\n",
        file.display(),
    );
    Ok(Answer::new(json!({ "witness": name, "file": file, "verifier_key": vkey })).text(text))
}

fn open(state: &Path, key: &Path, logs: Vec<VerifierKey>) -> anyhow::Result<Witness> {
    anyhow::ensure!(
        state.is_dir(),
        "没有状态目录 {}。首次运行请先建好这个目录；若曾运行过，请核对路径：换成空目录等于忘记已副署的内容。",
        state.display()
    );
    let key = SecretKey::read(key)?;
    anyhow::ensure!(
        key.verifier.kind() == KeyType::Cosignature,
        "密钥“{}”不是见证密钥。请用 witness key 新建一把。",
        key.verifier.name()
    );
    let memory = Memory::open(state, key.verifier.clone())?;
    let witness = Witness::new(key.signing, key.verifier, logs, memory)?;
    // Damage is told before anybody asks.
    witness.remembered().map_err(of_memory)?;
    Ok(witness)
}

fn of_memory(error: MemoryError) -> anyhow::Error {
    match error {
        MemoryError::Damaged(_) => WrongData(error.to_string()).into(),
        MemoryError::InUse(_) | MemoryError::Io { .. } => error.into(),
    }
}

/// What is said once the port is open. Its first line names the address.
fn greeting(witness: &Witness, address: &str) -> anyhow::Result<String> {
    let known = witness.remembered().map_err(of_memory)?;
    let known = known.iter().map(|(origin, size)| format!("账本 {origin}：已副署到第 {size} 行\n"));
    Ok(format!(
        "见证方在 http://{address} 等候，按 Ctrl-C 停止。\n验证密钥：{}\n{}",
        witness.verifier(),
        known.collect::<String>(),
    ))
}

/// Seconds since 1970; a clock before that is one that was never set.
fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

//! `serve`: the ledger over HTTP, for programs and as pages, read-only.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use projections::ReadModel;
use serde_json::json;

use crate::heads;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, complain};

/// Where people look first.
const USUAL: &str = "127.0.0.1:8080";
/// A port that is free.
const ANY: &str = "127.0.0.1:0";

/// 网页和 JSON 接口：成绩、数值、溯源、轨迹、对比，只读
#[derive(Debug, Args)]
pub struct Arguments {
    /// 监听地址
    #[arg(long, value_name = "ADDR", default_value = USUAL)]
    listen: String,
}

/// Serves the ledger until the process is asked to end.
///
/// # Errors
/// When the ledger cannot be read, or the port cannot be used.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let port = bind(&arguments.listen)?;
    let address = serve(port, &ledger.directory()?)?;
    let text = "服务已停止，所有已收到的请求都已答复。\n";
    Ok(Answer::new(json!({ "listen": address, "stopped": true })).text(text))
}

/// Serves after the first run has shown the ledger: at the usual port, or at a free one where that is taken.
///
/// # Errors
/// As [`run`].
pub fn after_first_run(ledger: &Choice) -> anyhow::Result<()> {
    let port = match TcpListener::bind(USUAL) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => bind(ANY)?,
        Ok(port) => port,
        Err(_) => bind(USUAL)?,
    };
    serve(port, &ledger.directory()?).map(|_| ())
}

fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("无法监听 {address}。请用 --listen 换一个端口，或检查地址和权限。"))
}

fn serve(port: TcpListener, directory: &Path) -> anyhow::Result<String> {
    let address = port.local_addr()?.to_string();
    let (log, model) = Reader::open(directory)?.into_parts();
    let folder = directory.to_owned();
    let signed_size = Box::new(move |model: &ReadModel| signed_size(&folder, model));
    let ledger = api::Ledger::new(Box::new(log), model, directory, signed_size);
    // On standard error, so that what is printed stays one answer.
    let opened = || complain(&format!("网页和接口在 http://{address}/ 等候（只读），按 Ctrl-C 停止。\n"));
    api::run(port, opened, ledger).context("服务的网络出错。")?;
    Ok(address)
}

/// The size of the published head, where the ledger's key has signed it.
pub fn signed_size(directory: &Path, model: &ReadModel) -> Option<u64> {
    let bytes = std::fs::read(directory.join("checkpoint")).ok()?;
    heads::verified(&bytes, model.ledger().book().registry()).ok().map(|signed| signed.head.size)
}

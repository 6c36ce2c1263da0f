//! `serve`: the ledger over HTTP, for programs and as pages; it is recorded into unless that is left to others.

mod people;

use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::{Sequencer, SystemClock};
use audit::self_check::SelfCheck;
use clap::Args;
use projections::ReadModel;
use serde_json::json;
use store::EventLog;

use super::self_check;
use crate::ledger::{Reader, open_for_recording, save};
use crate::ledger_dir::Choice;
use crate::output::{Answer, complain};
use crate::{args, heads};

/// Where people look first.
const USUAL: &str = "127.0.0.1:8080";
/// A port that is free.
const ANY: &str = "127.0.0.1:0";

/// 网页和 JSON 接口：报送、复核、审定；成绩、数值、溯源、轨迹、对比
#[derive(Debug, Args)]
pub struct Arguments {
    /// 监听地址
    #[arg(long, value_name = "ADDR", default_value = USUAL)]
    listen: String,
    /// 只读：不记录，跟读别的程序记录的行
    #[arg(long)]
    read_only: bool,
    /// 每隔多久自查一次全部表根，如 15m、2h
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = args::duration)]
    self_check_every: Duration,
    /// 至多几份报送排队等候；再来的请稍后重试（503）
    #[arg(long, value_name = "NUMBER", default_value = "128", value_parser = args::count)]
    queue: u32,
    /// 人们访问的地址，如 https://ledger.example：前面有 TLS 代理时写，登录 cookie 便只走 TLS
    #[arg(long, value_name = "URL", value_parser = origin)]
    public_url: Option<String>,
    /// 前面的代理的 IP 地址；只有它转来的 X-Forwarded-For 算数
    #[arg(long, value_name = "IP")]
    proxy: Option<IpAddr>,
    /// 在演示账本里为每种角色建一个演示账号（正式账本不可用）
    #[arg(long)]
    demo_accounts: bool,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            listen: USUAL.to_owned(),
            read_only: false,
            self_check_every: Duration::from_secs(900),
            queue: 128,
            public_url: None,
            proxy: None,
            demo_accounts: false,
        }
    }
}

/// Serves the ledger until the process is asked to end.
///
/// # Errors
/// When the ledger cannot be opened, or the port cannot be used.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let port = bind(&arguments.listen)?;
    let address = serve(port, arguments, &ledger.directory()?)?;
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
    let directory = ledger.directory()?;
    // Somebody may have made a real ledger the usual one meanwhile.
    let demo_accounts = Reader::open(&directory)?.book().registry().is_synthetic();
    serve(port, &Arguments { demo_accounts, ..Arguments::default() }, &directory).map(|_| ())
}

/// Reads an address as browsers name it as an origin: scheme, host and port, nothing after.
fn origin(text: &str) -> Result<String, String> {
    let origin = text.strip_suffix('/').unwrap_or(text);
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let is_host = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    };
    match host {
        Some(host) if is_host(host) => Ok(origin.to_ascii_lowercase()),
        Some(_) | None => Err("地址要写成 https://ledger.example 这样，后面不带路径".to_owned()),
    }
}

fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("无法监听 {address}。请用 --listen 换一个端口，或检查地址和权限。"))
}

fn serve(port: TcpListener, arguments: &Arguments, directory: &Path) -> anyhow::Result<String> {
    let address = port.local_addr()?.to_string();
    let (ledger, manner, told) = if arguments.read_only {
        (reading(directory)?, "（只读）", String::new())
    } else {
        let (ledger, told) = recording(arguments, directory, &address)?;
        (ledger, "", told)
    };
    // On standard error, so that what is printed stays one answer.
    let opened = || {
        let place = format!("网页和接口在 http://{address}/ 等候{manner}，按 Ctrl-C 停止。");
        complain(&format!("{place}\n{told}"));
    };
    api::run(port, opened, ledger).context("服务的网络出错。")?;
    Ok(address)
}

fn reading(directory: &Path) -> anyhow::Result<api::Ledger> {
    let (log, model) = Reader::open(directory)?.into_parts();
    let here = Box::new(Here(directory.to_owned()));
    Ok(api::Ledger::reading(Arc::new(log), model, directory, here))
}

/// Opens the ledger for recording; says beside who may come in how.
fn recording(
    arguments: &Arguments,
    directory: &Path,
    address: &str,
) -> anyhow::Result<(api::Ledger, String)> {
    let (log, model) = open_for_recording(directory)?;
    let site = api::Site { public_origin: arguments.public_url.clone(), proxy: arguments.proxy };
    let place = site.public_origin.clone().unwrap_or_else(|| format!("http://{address}"));
    let book = model.ledger().book();
    let (accounts, told) = people::open(directory, book, arguments.demo_accounts, &place)?;
    let people = api::People::new(accounts, site);
    let how = api::Recording {
        clock: Arc::new(SystemClock),
        queue: usize::try_from(arguments.queue)?,
        self_check_every: Some(arguments.self_check_every),
    };
    let here = Box::new(Here(directory.to_owned()));
    let ledger = api::Ledger::recording(Arc::new(log), model, directory, here, people, how);
    Ok((ledger, told))
}

/// This machine, with the ledger's folder and what stands beside it.
struct Here(PathBuf);

impl api::Machine for Here {
    fn signed_size(&self, model: &ReadModel) -> Option<u64> {
        signed_size(&self.0, model)
    }

    fn publish(&self, log: &dyn EventLog, sequencer: &Sequencer) -> Result<(), String> {
        heads::publish_beside(&self.0, log, sequencer).map_err(|error| format!("{error:#}"))
    }

    fn self_check(&self) -> SelfCheck {
        let (checked, written) = self_check::scheduled(&self.0, &SystemClock);
        if let Err(error) = written {
            complain(&format!("提示：自查结果没有写成文件（{error:#}）。\n"));
        }
        checked
    }

    fn save(&self, model: &ReadModel) {
        save(&self.0, model);
    }

    fn tell(&self, text: &str) {
        complain(text);
    }
}

/// The size of the published head, where the ledger's key has signed it.
pub fn signed_size(directory: &Path, model: &ReadModel) -> Option<u64> {
    let bytes = std::fs::read(directory.join("checkpoint")).ok()?;
    heads::verified(&bytes, model.ledger().book().registry()).ok().map(|signed| signed.head.size)
}

//! `feed`: the ledger for readers elsewhere, as read-only pages in EventStoreDB's shape.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail, ensure};
use app::publish::SignedHead;
use clap::Args;
use feed::ledger::Ledger;
use serde_json::json;
use store::EventLog as _;

use crate::args::read_file;
use crate::heads;
use crate::ledger::{Reader, of_store};
use crate::ledger_dir::{Choice, with_name};
use crate::log::{Log, of_open};
use crate::output::{Answer, complain};

/// 订阅源：按 EventStoreDB 的 Atom 格式只读发布账本各行
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录；不写则用 --ledger 所指的账本
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// 监听地址，如 127.0.0.1:2113
    #[arg(long, value_name = "ADDR")]
    listen: String,
    /// 流名，读者用 /streams/流名 读取；不写则由账本名得出
    #[arg(long, value_name = "NAME", value_parser = stream_name)]
    stream: Option<String>,
    /// 读者所用的地址，如 <https://ledger.example>；不写则取请求的 Host
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base: Option<String>,
}

/// Reads a stream's name.
fn stream_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    // A path of dots would be another path.
    let is_name = text.chars().all(fits) && text.chars().any(|c| c.is_ascii_alphanumeric());
    if is_name { Ok(text.to_owned()) } else { Err("流名只能用字母、数字和 _ . -".to_owned()) }
}

/// Reads the address of a server, without a path.
fn base_url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let host = host.map(|host| host.trim_end_matches('/')).filter(|host| !host.is_empty());
    match host {
        Some(host) if host.chars().all(fits) => Ok(text.trim_end_matches('/').to_owned()),
        Some(_) | None => Err("地址要写成 https://主机 或 http://主机:端口".to_owned()),
    }
}

/// Feeds a ledger until the process is asked to end.
///
/// # Errors
/// When there is no signed head, or the ledger or the port cannot be used.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = match &arguments.directory {
        Some(named) if named.is_dir() => with_name(named)?,
        Some(named) => bail!("没有账本目录 {}。请核对路径。", named.display()),
        None => ledger.directory()?,
    };
    let signed = verified_head(&directory)?;
    let stream = arguments.stream.clone().unwrap_or_else(|| stream_of(&signed.head.origin));
    let port = TcpListener::bind(&arguments.listen)
        .with_context(|| format!("无法监听 {}。请换一个端口，或检查地址和权限。", arguments.listen))?;
    let address = port.local_addr()?.to_string();
    let shown = open(&directory, &stream, &signed)?;
    // On standard error, so that what is printed stays one answer.
    let greeting = format!(
        "订阅源在 http://{address}/streams/{stream} 等候，按 Ctrl-C 停止。\n\
         账本 {} 签名的账本头之下有 {} 行；之后记录的行，签出新的账本头才显示。\n",
        signed.head.origin, signed.head.size,
    );
    feed::http::run(port, || complain(&greeting), shown, arguments.base.clone())
        .context("订阅源的网络出错。")?;
    let text = format!("订阅源 {stream} 已停止，所有已收到的请求都已答复。\n");
    Ok(Answer::new(json!({ "stream": stream, "listen": address, "stopped": true })).text(text))
}

/// Reads the published head, signed by the ledger's key.
fn verified_head(directory: &Path) -> anyhow::Result<SignedHead> {
    let path = directory.join("checkpoint");
    ensure!(
        path.exists(),
        "{} 还没有签名的账本头，没有一行可以发布。请确认密钥文件在目录旁边，再记录一次。",
        directory.display()
    );
    let reader = Reader::open(directory)?;
    let signed = heads::verified(&read_file(&path)?, reader.book().registry());
    let signed = signed.with_context(|| format!("{} 不可信。", path.display()))?;
    let lines = reader.log().size().map_err(of_store)?;
    ensure!(signed.head.size <= lines, "账本只有 {lines} 行，账本头却有 {} 行。", signed.head.size);
    Ok(signed)
}

/// Opens the ledger's lines below its published head, which may grow while they are shown.
fn open(directory: &Path, stream: &str, signed: &SignedHead) -> anyhow::Result<Ledger> {
    let log = Arc::new(Log::open_read_only(directory).map_err(of_open)?);
    let (directory, origin) = (directory.to_owned(), signed.head.origin.clone());
    // Readers keep pages for a year, so the limit never falls; a head that cannot be read leaves it as it was.
    let limit = AtomicU64::new(signed.head.size);
    let growing = Arc::clone(&log);
    let shown = move || {
        let head = heads::published(&directory).ok().flatten().filter(|signed| signed.head.origin == origin);
        let size = growing.size().unwrap_or(0);
        if let Some(signed) = head.filter(|signed| signed.head.size <= size) {
            limit.fetch_max(signed.head.size, Ordering::SeqCst);
        }
        limit.load(Ordering::SeqCst)
    };
    Ok(Ledger::new(log, stream, shown))
}

/// Makes a stream's name of a ledger's.
fn stream_of(origin: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let name: String = origin.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    format!("ledger-{name}")
}

#[cfg(test)]
mod tests {
    use super::{base_url, stream_name, stream_of};

    #[test]
    fn names_need_no_escaping() {
        assert_eq!(stream_of("yingtan.example/ledger"), "ledger-yingtan.example-ledger");
        assert_eq!(stream_name("ledger-yingtan-2022"), Ok("ledger-yingtan-2022".to_owned()));
        for wrong in ["", "..", "a/b", "a b", "账本", "a%2F"] {
            assert!(stream_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_has_no_path() {
        assert_eq!(base_url("https://ledger.example/"), Ok("https://ledger.example".to_owned()));
        for wrong in ["", "ledger.example", "https://", "https://a/b", "https://a\"b"] {
            assert!(base_url(wrong).is_err(), "{wrong}");
        }
    }
}

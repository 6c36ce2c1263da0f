//! Which ledger is meant.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use store_eventstore::Address;

use crate::state_folder;

/// The ledger that the first run makes, and that is taken where none is named.
pub const DEMO: &str = "demo-ledger";

/// The ledger's folder as chosen on the command line.
#[derive(Clone, Debug, Default, Args)]
pub struct Choice {
    /// 账本目录（也可用环境变量 PROGRESS_LEDGER）；不写则用当前目录下的 demo-ledger
    #[arg(long, global = true, value_name = "DIR", env = "PROGRESS_LEDGER")]
    ledger: Option<PathBuf>,
    /// 账本在服务器上时的存储地址（也可用环境变量 PROGRESS_LEDGER_STORE）：eventstore+http://用户@主机:2113/?stream=流名&password-file=口令文件
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        env = "PROGRESS_LEDGER_STORE",
        hide_env_values = true
    )]
    store: Option<Address>,
    /// 与 --store 一起用（也可用环境变量 PROGRESS_LEDGER_STATE）：本机存放账本头、哈希瓦片和保存状态的目录；密钥在旁边。不写则是当前目录下与流同名的目录
    #[arg(long, global = true, value_name = "DIR", env = "PROGRESS_LEDGER_STATE")]
    state: Option<PathBuf>,
}

impl Choice {
    /// The folder: the one that was named, else the demonstration where there is one.
    ///
    /// # Errors
    /// When none was named and there is no demonstration, or the folder is not there.
    pub fn directory(&self) -> anyhow::Result<PathBuf> {
        if let Some(address) = &self.store {
            return state_folder::for_address(address, self.state.as_deref());
        }
        match &self.ledger {
            Some(named) if named.is_dir() || named.to_str().is_some_and(Address::is_one) => {
                self.or(Some(named))
            }
            Some(named) => bail!("没有账本目录 {}。请核对路径，或用 init、demo 新建。", named.display()),
            None if Path::new(DEMO).is_dir() => Ok(DEMO.into()),
            None => bail!("没有指明账本。请写 --ledger 目录，或先运行 progress-ledger 建一个演示账本。"),
        }
    }

    /// The folder that a command names itself, as a path or as a stream's address; else the chosen one.
    ///
    /// # Errors
    /// As [`directory`](Self::directory).
    pub fn or(&self, named: Option<&Path>) -> anyhow::Result<PathBuf> {
        match named {
            None => self.directory(),
            Some(named) => match named.to_str().filter(|text| Address::is_one(text)) {
                Some(text) => state_folder::for_address(&text.parse()?, self.state.as_deref()),
                None => with_name(named),
            },
        }
    }

    /// The stream that was named.
    #[must_use]
    pub const fn store(&self) -> Option<&Address> {
        self.store.as_ref()
    }

    /// Whether neither a folder nor a stream was named.
    #[must_use]
    pub const fn names_none(&self) -> bool {
        self.ledger.is_none() && self.store.is_none()
    }
}

/// The folder under a path that ends with its name: key and head stand beside it and are named after it.
///
/// # Errors
/// When the folder cannot be read.
pub fn with_name(folder: &Path) -> anyhow::Result<PathBuf> {
    if folder.file_name().is_some() {
        return Ok(folder.to_owned());
    }
    folder.canonicalize().with_context(|| format!("无法读取 {}。", folder.display()))
}

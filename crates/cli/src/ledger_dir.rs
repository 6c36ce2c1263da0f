//! Which ledger is meant.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

/// The ledger that the first run makes, and that is taken where none is named.
pub const DEMO: &str = "demo-ledger";

/// The ledger's folder as chosen on the command line.
#[derive(Clone, Debug, Default, Args)]
pub struct Choice {
    /// 账本目录（也可用环境变量 PROGRESS_LEDGER）；不写则用当前目录下的 demo-ledger
    #[arg(long, global = true, value_name = "DIR", env = "PROGRESS_LEDGER")]
    ledger: Option<PathBuf>,
}

impl Choice {
    /// The folder: the one that was named, else the demonstration where there is one.
    ///
    /// # Errors
    /// When none was named and there is no demonstration, or the folder is not there.
    pub fn directory(&self) -> anyhow::Result<PathBuf> {
        match &self.ledger {
            Some(named) if named.is_dir() => with_name(named),
            Some(named) => bail!("没有账本目录 {}。请核对路径，或用 init、demo 新建。", named.display()),
            None if Path::new(DEMO).is_dir() => Ok(DEMO.into()),
            None => bail!("没有指明账本。请写 --ledger 目录，或先运行 progress-ledger 建一个演示账本。"),
        }
    }

    /// The folder that was named, whether it is there or not.
    #[must_use]
    pub fn named(&self) -> Option<&Path> {
        self.ledger.as_deref()
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

//! How the answer of a command is given at a terminal: as text, JSON, CSV or Excel, on the screen or as a file.
//!
//! The answer itself, and its bytes in all but text, are of the room `answers`.

mod text;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

pub use answers::{Answer, Cell, Table};

use crate::ending::{Ending, WrongData};

/// How the answer is to be given.
#[derive(Clone, Debug, Default, Args)]
pub struct Output {
    /// 输出 JSON，供程序读取
    #[arg(long, global = true)]
    json: bool,
    /// 把表格写成 CSV 文件；写“-”则输出到屏幕
    #[arg(long, global = true, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// 把表格写成 Excel 文件
    #[arg(long, global = true, value_name = "FILE")]
    xlsx: Option<PathBuf>,
}

impl Output {
    /// Gives an answer, or says why there is none.
    #[must_use]
    pub fn give(&self, answer: anyhow::Result<Answer>) -> Ending {
        let given = answer.and_then(|answer| self.show(&answer).map(|()| ending(&answer)));
        given.unwrap_or_else(|error| self.fail(&error))
    }

    fn show(&self, answer: &Answer) -> anyhow::Result<()> {
        let mut said = Vec::new();
        let csv_to_screen = self.csv.as_deref() == Some(Path::new("-"));
        anyhow::ensure!(!(self.json && csv_to_screen), "--json 与 --csv - 都要占用屏幕输出，请只用一个。");
        if let Some(path) = self.csv.as_deref().filter(|_| !csv_to_screen) {
            write_new(path, &answer.csv(true)?)?;
            said.push(format!("已写入 {}\n", path.display()));
        }
        if let Some(path) = &self.xlsx {
            write_new(path, &answer.xlsx()?)?;
            said.push(format!("已写入 {}\n", path.display()));
        }
        match (self.json, csv_to_screen) {
            (true, _) => print(&answer.json()),
            (false, true) => print_bytes(&answer.csv(false)?),
            (false, false) => print(&text::render(answer)),
        }
        said.iter().for_each(|line| complain(line));
        Ok(())
    }

    /// Says why there is no answer.
    #[must_use]
    pub fn fail(&self, error: &anyhow::Error) -> Ending {
        let text = error.chain().map(ToString::to_string).collect::<Vec<_>>().join("\n原因：");
        if self.json {
            print(&Answer::new(json!({ "error": text })).json());
        } else {
            complain(&format!("错误：{text}\n"));
        }
        if error.downcast_ref::<WrongData>().is_some() { Ending::Finding } else { Ending::Unable }
    }
}

/// Writes a file whole: under another name first, so that a crash leaves the old file or the new one.
///
/// # Errors
/// When the file cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().with_context(|| format!("{} 不是文件名", path.display()))?;
    let beside = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    written.with_context(|| format!("无法写入 {}。请检查路径、权限和磁盘空间。", path.display()))
}

/// Prints to the screen. A reader that has gone away (`| head`) is no error.
pub fn print(text: &str) {
    print_bytes(text.as_bytes());
}

fn print_bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    // Nobody is left who could be told about a failure here.
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// Prints to standard error.
pub fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

const fn ending(answer: &Answer) -> Ending {
    if answer.has_finding() { Ending::Finding } else { Ending::Fine }
}

/// Whether a person is looking at the screen.
#[must_use]
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

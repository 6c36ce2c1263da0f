//! What a command answers, and the ways it is given: text, JSON, CSV, Excel.
//!
//! A command makes one [`Answer`]: a JSON value for programs and parts for people, made from the same data. What must never be
//! missed (演示数据, 推演·非正式) is a mark of the answer, so that no way of giving it can leave it out.

mod csv_file;
mod sheet;
mod table;
mod text;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

pub use table::{Cell, Table};

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

/// A part of an answer for people.
#[derive(Clone, Debug)]
pub enum Part {
    /// Sentences.
    Text(String),
    /// A table.
    Table(Table),
}

/// What a command answers.
#[derive(Clone, Debug)]
pub struct Answer {
    json: Value,
    parts: Vec<Part>,
    marks: Vec<String>,
    ending: Ending,
}

impl Answer {
    /// An answer of nothing but its JSON; parts for people are added.
    #[must_use]
    pub const fn new(json: Value) -> Self {
        Self { json, parts: Vec::new(), marks: Vec::new(), ending: Ending::Fine }
    }

    /// Adds sentences.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Adds a member to the JSON, which is an object.
    #[must_use]
    pub fn also(mut self, member: &str, value: Value) -> Self {
        self.json[member] = value;
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.parts.push(Part::Table(table));
        self
    }

    /// Adds a mark that every way of giving the answer shows: 演示数据, 推演·非正式.
    #[must_use]
    pub fn mark(mut self, mark: impl Into<String>) -> Self {
        self.marks.push(mark.into());
        self
    }

    /// Ends with exit code 1 if `found`.
    #[must_use]
    pub const fn finding_if(mut self, found: bool) -> Self {
        if found {
            self.ending = Ending::Finding;
        }
        self
    }

    fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table),
            Part::Text(_) => None,
        })
    }
}

impl Output {
    /// Gives an answer, or says why there is none.
    #[must_use]
    pub fn give(&self, answer: anyhow::Result<Answer>) -> Ending {
        let given = answer.and_then(|answer| self.show(&answer).map(|()| answer.ending));
        given.unwrap_or_else(|error| self.fail(&error))
    }

    fn show(&self, answer: &Answer) -> anyhow::Result<()> {
        let mut said = Vec::new();
        let csv_to_screen = self.csv.as_deref() == Some(Path::new("-"));
        anyhow::ensure!(!(self.json && csv_to_screen), "--json 与 --csv - 都要占用屏幕输出，请只用一个。");
        if let Some(path) = self.csv.as_deref().filter(|_| !csv_to_screen) {
            self.require_tables(answer)?;
            write_new(path, &csv_file::bytes(answer, true)?)?;
            said.push(format!("已写入 {}\n", path.display()));
        }
        if let Some(path) = &self.xlsx {
            self.require_tables(answer)?;
            write_new(path, &sheet::bytes(answer)?)?;
            said.push(format!("已写入 {}\n", path.display()));
        }
        match (self.json, csv_to_screen) {
            (true, _) => print(&pretty(&answer.json)),
            (false, true) => {
                self.require_tables(answer)?;
                print_bytes(&csv_file::bytes(answer, false)?);
            }
            (false, false) => print(&text::render(answer)),
        }
        said.iter().for_each(|line| complain(line));
        Ok(())
    }

    fn require_tables(&self, answer: &Answer) -> anyhow::Result<()> {
        anyhow::ensure!(answer.tables().next().is_some(), "这个命令的结果不是表格，不能写成 CSV 或 Excel。");
        Ok(())
    }

    fn fail(&self, error: &anyhow::Error) -> Ending {
        let text = error.chain().map(ToString::to_string).collect::<Vec<_>>().join("\n原因：");
        if self.json {
            print(&pretty(&json!({ "error": text })));
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

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a JSON value is JSON");
    text.push('\n');
    text
}

/// Whether a person is looking at the screen.
#[must_use]
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

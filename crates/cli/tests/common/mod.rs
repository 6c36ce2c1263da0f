//! The built program, run in a folder of its own, and a hand that fills its forms in.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

pub mod http;
mod running;

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

pub use running::Running;

/// A folder in which the program runs, as a person would.
pub struct Desk {
    folder: TempDir,
}

/// What a run said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the program says UTF-8");
        let code = output.status.code().expect("it was not killed");
        Self { code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// What it said, given that it ended with this code.
    #[track_caller]
    pub fn with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("progress-ledger"));
        command.current_dir(self.folder.path());
        for name in
            ["PROGRESS_LEDGER", "PROGRESS_LEDGER_ACCOUNT", "PROGRESS_LEDGER_STORE", "PROGRESS_LEDGER_STATE"]
        {
            command.env_remove(name);
        }
        command
    }

    /// Runs with arguments that are parted by blanks; `␣` in them stands for a blank.
    pub fn run(&self, arguments: &str) -> Said {
        let arguments = arguments.split_whitespace().map(|argument| argument.replace('\u{2423}', " "));
        self.run_with(&arguments.collect::<Vec<_>>())
    }

    pub fn run_with<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Said {
        Said::of(&self.command().args(arguments).output().expect("the program starts"))
    }

    /// As [`run`](Self::run) with `--json`, given that it ended well.
    #[track_caller]
    pub fn json(&self, arguments: &str) -> Value {
        self.run(&format!("{arguments} --json")).with(0).json()
    }

    /// A real ledger `L` with April open.
    pub fn opened() -> Self {
        let desk = Self::new();
        desk.run("init L --origin yingtan.example/ledger").with(0);
        let april =
            "--ledger L period open 2022-04 --starts 2022-01-01 --ends 2022-04-25 --due 2022-04-30T18:00";
        desk.run(april).with(0);
        desk
    }

    /// A file with the rows of a unit's CSV.
    pub fn csv(&self, name: &str, rows: &[&str]) {
        let text = ["指标代码,地区代码,数值,数据状态"].iter().chain(rows).map(|row| format!("{row}\n"));
        std::fs::write(self.path(name), text.collect::<String>()).expect("the file is written");
    }
}

/// Fills cells of the first sheet of a workbook in, by their addresses.
pub fn fill(path: &Path, cells: &[(&str, &str)]) {
    let bytes = std::fs::read(path).expect("the form is there");
    let mut source = zip::ZipArchive::new(Cursor::new(bytes)).expect("a workbook is a zip file");
    let mut target = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..source.len() {
        let mut part = source.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut content = String::new();
        part.read_to_string(&mut content).expect("parts are text");
        if name == "xl/worksheets/sheet1.xml" {
            content = cells.iter().fold(content, |xml, (address, text)| typed(&xml, address, text));
        }
        target.start_file(&name, zip::write::SimpleFileOptions::default()).expect("a new part");
        target.write_all(content.as_bytes()).expect("written");
    }
    std::fs::write(path, target.finish().expect("finished").into_inner()).expect("the form is written");
}

/// Puts text into an empty cell, which keeps its look.
fn typed(xml: &str, address: &str, text: &str) -> String {
    let start = xml.find(&format!("<c r=\"{address}\"")).unwrap_or_else(|| panic!("no cell {address}"));
    let end = start + xml[start..].find("/>").expect("an empty cell");
    format!("{} t=\"inlineStr\"><is><t>{text}</t></is></c>{}", &xml[..end], &xml[end + 2..])
}

/// The lines of a ledger's plain segments.
pub fn lines(ledger: &Path) -> Vec<String> {
    let mut segments: Vec<PathBuf> = std::fs::read_dir(ledger.join("journal"))
        .expect("a journal")
        .map(|entry| entry.unwrap().path())
        .collect();
    segments.sort();
    let texts = segments.iter().map(|path| std::fs::read_to_string(path).expect("a plain segment"));
    texts
        .flat_map(|text| {
            text.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

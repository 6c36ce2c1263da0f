//! What the command line asks for.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// What is measured, how often, and where the data goes.
pub struct Settings {
    /// The benches to run; all where empty.
    pub names: Vec<String>,
    /// Only name the benches.
    pub list: bool,
    /// Of the subjects of a bench, only those whose name has this in it, and the ceiling; all where none.
    pub only: Option<String>,
    /// How often each subject is measured; medians are shown.
    pub rounds: usize,
    /// The largest ledger that is made, in lines.
    pub lines: u64,
    /// Folder for the data; it must lie on the disk that is to be measured.
    pub folder: PathBuf,
}

impl Settings {
    /// Reads `[NAME…] [--only SUBJECT] [--rounds N] [--lines N] [--dir FOLDER] [--list]`.
    ///
    /// # Errors
    /// An argument is unknown, or lacks its value.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        // Beside the build, and not in a folder for temporary files: those often lie in memory.
        let target = PathBuf::from("target/bench-data");
        let mut settings =
            Self { names: Vec::new(), list: false, only: None, rounds: 3, lines: 1_000_000, folder: target };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => settings.list = true,
                "--only" => settings.only = Some(arguments.next().context("--only SUBJECT")?),
                "--rounds" => settings.rounds = arguments.next().context("--rounds N")?.parse()?,
                "--lines" => settings.lines = arguments.next().context("--lines N")?.parse()?,
                "--dir" => settings.folder = arguments.next().context("--dir FOLDER")?.into(),
                flag if flag.starts_with('-') => bail!("there is no option `{flag}`"),
                _ => settings.names.push(argument),
            }
        }
        if settings.rounds == 0 {
            bail!("--rounds must be at least 1");
        }
        Ok(settings)
    }

    /// Tells whether the bench called `name` is to run.
    pub fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }

    /// Tells whether the subject called `name` is to be measured.
    pub fn wants_subject(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only))
    }

    /// Makes an empty folder that is removed when it is dropped.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn scratch(&self) -> Result<tempfile::TempDir> {
        std::fs::create_dir_all(&self.folder)?;
        Ok(tempfile::Builder::new().prefix("run-").tempdir_in(&self.folder)?)
    }
}

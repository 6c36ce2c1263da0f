//! Which database is meant, and its password from where nobody else reads it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use sql_read_models::{Database, DatabaseError, Postgres, Settings, Sqlite};

use crate::args::read_text;

/// The address of a PostgreSQL database, password included, where it is not to stand in a file.
const URL_VARIABLE: &str = "PROGRESS_LEDGER_POSTGRES_URL";
/// As PostgreSQL's own programs name it.
const PASSWORD_VARIABLE: &str = "PGPASSWORD";

/// The database as chosen on the command line.
#[derive(Clone, Debug, Args)]
pub struct DatabaseChoice {
    /// SQLite 文件；什么都不指明时用账本目录旁边的同名 .sqlite 文件
    #[arg(long, value_name = "FILE", conflicts_with_all = ["postgres", "postgres_url_file"])]
    sqlite: Option<PathBuf>,
    /// PostgreSQL 地址，不带口令：postgresql://用户@主机:5432/库名；口令放环境变量 PGPASSWORD，或用 --postgres-url-file
    #[arg(long, value_name = "URL", conflicts_with = "postgres_url_file")]
    postgres: Option<String>,
    /// 存有 PostgreSQL 地址（可带口令）的文件；也可用环境变量 PROGRESS_LEDGER_POSTGRES_URL
    #[arg(long, value_name = "FILE")]
    postgres_url_file: Option<PathBuf>,
    /// PostgreSQL 模式名
    #[arg(long, value_name = "NAME", default_value = Settings::SCHEMA)]
    schema: String,
}

/// A database that can be opened again and again.
#[derive(Clone)]
pub enum Chosen {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<Settings>),
}

impl DatabaseChoice {
    /// The database for a ledger's folder.
    ///
    /// # Errors
    /// When the address cannot be read, or has a password where others see it.
    pub fn of(&self, directory: &Path) -> anyhow::Result<Chosen> {
        let Some(address) = self.address()? else {
            let beside = || directory.with_added_extension("sqlite");
            return Ok(Chosen::Sqlite(self.sqlite.clone().unwrap_or_else(beside)));
        };
        let password = std::env::var(PASSWORD_VARIABLE).ok();
        let settings = Settings::new(address.trim(), &self.schema, password.as_deref())?;
        Ok(Chosen::Postgres(Box::new(settings)))
    }

    fn address(&self) -> anyhow::Result<Option<String>> {
        if let Some(file) = &self.postgres_url_file {
            return read_text(file).context("无法读取 PostgreSQL 地址。").map(Some);
        }
        if let Some(address) = &self.postgres {
            ensure!(
                !Settings::has_password(address),
                "命令行里的口令别人也能看到。请把口令放进环境变量 {PASSWORD_VARIABLE}，或把整个地址放进文件，用 --postgres-url-file 指明。"
            );
            return Ok(Some(address.clone()));
        }
        Ok(std::env::var(URL_VARIABLE).ok().filter(|_| self.sqlite.is_none()))
    }
}

impl Chosen {
    /// Opens it for writing.
    ///
    /// # Errors
    /// Those of [`Sqlite::open`] and [`Postgres::open`].
    pub fn open(&self) -> Result<Box<dyn Database>, DatabaseError> {
        Ok(match self {
            Self::Sqlite(file) => Box::new(Sqlite::open(file)?),
            Self::Postgres(settings) => Box::new(Postgres::open(settings)?),
        })
    }

    /// Opens it for reading.
    ///
    /// # Errors
    /// Those of [`Sqlite::open_read_only`] and [`Postgres::open_read_only`].
    pub fn open_read_only(&self) -> Result<Box<dyn Database>, DatabaseError> {
        Ok(match self {
            Self::Sqlite(file) => Box::new(Sqlite::open_read_only(file)?),
            Self::Postgres(settings) => Box::new(Postgres::open_read_only(settings)?),
        })
    }
}

//! `worker`: the ledger as tables for SQL, in a file or in PostgreSQL, kept up to date.

mod check;
mod database;
mod follow;
mod status;

use clap::{Args, Subcommand};
use sql_read_models::{DatabaseError, FollowError};

use crate::ending::WrongData;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 读模型：把账本写成 SQL 表，并跟上新行
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(flatten)]
    follow: follow::Following,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 各投影写到哪一行、落后多少行
    Status(database::DatabaseChoice),
    /// 由账本各行重算每张表，逐行比对；不同则退出码为 1
    Check(database::DatabaseChoice),
}

/// Follows, or tells how far the tables are, or whether they are right.
///
/// # Errors
/// When ledger or database cannot be used.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match &arguments.action {
        None => follow::run(&arguments.follow, ledger),
        Some(Action::Status(database)) => status::run(database, ledger),
        Some(Action::Check(database)) => check::run(database, ledger),
    }
}

/// What is about the ledger's lines ends with exit code 1, what is about the database with 2.
fn of_follow(error: FollowError) -> anyhow::Error {
    match error {
        error @ (FollowError::Database(_) | FollowError::Load(app::LoadError::Store(_))) => error.into(),
        error @ (FollowError::Load(_) | FollowError::Diverged(_)) => WrongData(error.to_string()).into(),
    }
}

fn of_database(error: DatabaseError) -> anyhow::Error {
    error.into()
}

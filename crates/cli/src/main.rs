//! The program `progress-ledger`: everything a person or a script does with a ledger.
//!
//! Rules live elsewhere; here are arguments, files, the clock and what is shown. Whatever a person reads is Chinese, names of
//! commands, options and JSON members are English.

mod args;
mod commands;
mod durable;
mod ending;
mod files_of;
mod heads;
mod help;
mod ledger;
mod ledger_dir;
mod log;
mod log_key;
mod output;
mod progress;
mod secret_key;
mod state_folder;

use std::process::ExitCode;

use clap::{FromArgMatches as _, Parser};

use commands::Command;
use ending::Ending;
use output::Output;

/// Lines are decoded on one thread and dropped on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: allocator::MiMalloc = allocator::MiMalloc;

/// 进度账本：报送、更正、计分都可复核
#[derive(Debug, Parser)]
#[command(name = "progress-ledger", version, after_help = help::FIRST_STEPS)]
struct Arguments {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    ledger: ledger_dir::Choice,
    #[command(subcommand)]
    command: Option<Command>,
}

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    let command = help::in_chinese(<Arguments as clap::CommandFactory>::command());
    let arguments =
        command.try_get_matches().and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches));
    let ending = match arguments {
        Ok(arguments) => run(arguments),
        Err(error) => help::answer(&error),
    };
    ending.exit_code()
}

fn run(arguments: Arguments) -> Ending {
    let Arguments { output, ledger, command } = arguments;
    let is_first_run = command.is_none();
    let ending = output.give(commands::run(command, &ledger));
    if is_first_run && ending == Ending::Fine {
        let served = commands::serve::after_first_run(&ledger);
        return served.map_or_else(|error| output.fail(&error), |()| Ending::Fine);
    }
    ending
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_can_be_parsed() {
        super::help::in_chinese(super::Arguments::command()).debug_assert();
    }
}

//! The stand-in as a program: see [`stand_in::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    match stand_in::program::run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

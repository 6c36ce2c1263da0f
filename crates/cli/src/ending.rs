//! How a run ends: the exit codes scripts rely on.

use std::process::ExitCode;

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Exit code 0: done, nothing found.
    Fine,
    /// Exit code 1: a finding, a rejection, something is wrong with the data.
    Finding,
    /// Exit code 2: bad arguments, or something around the program does not let it work.
    Unable,
}

impl Ending {
    /// The exit code.
    #[must_use]
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Fine => ExitCode::SUCCESS,
            Self::Finding => ExitCode::from(1),
            Self::Unable => ExitCode::from(2),
        }
    }
}

/// An error that is about the data, not about arguments or files: it ends with exit code 1.
///
/// Every other error that reaches the edge ends with exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongData(pub String);

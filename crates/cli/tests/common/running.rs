//! A program that serves, at a free port, until the test ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};

pub struct Running {
    process: Child,
    said: BufReader<ChildStderr>,
    /// The address that its first line names, from `http://` on.
    pub url: String,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        let url = first.split_whitespace().find(|word| word.starts_with("http://"));
        Self { process, said, url: url.expect("the first line names the address").to_owned() }
    }

    /// Asks it to end, and gives what it said since its first line.
    pub fn stop(mut self) -> String {
        let kill = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let mut all = String::new();
        self.said.read_to_string(&mut all).unwrap();
        self.process.stdout.take().unwrap().read_to_string(&mut all).unwrap();
        assert!(self.process.wait().unwrap().success());
        all
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! A program that serves, at a free port, until the test ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};

pub struct Running {
    process: Child,
    said: BufReader<ChildStderr>,
    /// The address that it names, from `http://` on.
    pub url: String,
    /// What it said before.
    pub before: String,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stderr.take().unwrap());
        let mut running = Self { process, said, url: String::new(), before: String::new() };
        while running.url.is_empty() {
            running.listen();
        }
        running
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches('/')
    }

    /// The next line that it says; waits for it.
    pub fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line
    }

    /// Ends it as `kill -9` does.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to end, and does not wait.
    pub fn ask_to_stop(&self) {
        let kill = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    fn listen(&mut self) {
        let mut line = String::new();
        assert!(self.said.read_line(&mut line).unwrap() > 0, "it ended without an address: {}", self.before);
        match line.split_whitespace().find(|word| word.starts_with("http://")) {
            Some(url) => url.clone_into(&mut self.url),
            None => self.before.push_str(&line),
        }
    }

    /// Asks it to end, and gives what it said since it named its address.
    pub fn stop(mut self) -> String {
        self.ask_to_stop();
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

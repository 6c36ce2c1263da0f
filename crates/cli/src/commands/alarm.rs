//! The operator's alarm command: told what was found, and ended where it does not end by itself.
//!
//! A command that hangs must not keep the checks, and so every later alarm, from running.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::output::complain;

/// Between two looks whether the command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs a command with what it is told on its standard input and in `PROGRESS_LEDGER_ALARM`, for so long at the most. That it
/// failed is said: an alarm that nobody hears is worth a line.
pub fn raise(command: &str, first_finding: &str, json: Vec<u8>, limit: Duration) {
    match run(command, first_finding, json, limit) {
        Ok(Some(status)) if status.success() => {}
        Ok(Some(_)) => complain("提示：报警命令没有成功结束，请检查 --alarm-command。\n"),
        Ok(None) => {
            let seconds = limit.as_secs();
            complain(&format!(
                "提示：报警命令运行了 {seconds} 秒仍未结束，已强制终止，警报可能没有发出。请检查 --alarm-command，或用 --alarm-limit 放宽时限。\n"
            ));
        }
        Err(error) => complain(&format!("提示：报警命令没有运行（{error}），请检查 --alarm-command。\n")),
    }
}

/// How it ended; none where it did not end in time.
fn run(
    command: &str,
    first_finding: &str,
    json: Vec<u8>,
    limit: Duration,
) -> std::io::Result<Option<ExitStatus>> {
    let mut run = Command::new("sh");
    run.args(["-c", command]).env("PROGRESS_LEDGER_ALARM", first_finding);
    // A group of its own, so that what it starts can be ended with it.
    run.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = run.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // On a thread: a command that does not read would hold up whoever writes. It is none the worse for not reading.
        std::thread::spawn(move || {
            let _ = input.write_all(&json);
        });
    }
    wait(&mut child, limit)
}

fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let mut left = limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if left.is_zero() {
            break;
        }
        let step = left.min(LOOK_EVERY);
        std::thread::sleep(step);
        left -= step;
    }
    // The group first, while its leader still holds its number.
    let group = format!("kill -s KILL -- -{}", child.id());
    let ended = Command::new("sh").args(["-c", &group]).status();
    child.kill()?;
    child.wait()?;
    ended.map(|_| None)
}

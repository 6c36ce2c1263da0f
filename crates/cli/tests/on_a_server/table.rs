//! Every command of the program, and where it is held against its like.

use super::common::Desk;

/// Where a command is tried.
#[derive(Debug, PartialEq, Eq)]
pub enum Tried {
    /// In [`super::recording`]: both desks record, and say the same.
    Recording,
    /// In [`super::questions`]: the same ledger is asked on both sides, and answers in the same bytes.
    Questions,
    /// Not here, for this reason.
    Elsewhere(&'static str),
}

use Tried::{Elsewhere, Questions, Recording};

/// The commands in the order of the help.
pub const COMMANDS: [(&str, Tried); 47] = [
    ("init", Recording),
    ("demo", Elsewhere("makes a journal of its own")),
    ("status", Recording),
    ("catalogue", Elsewhere("knows the plan alone, no ledger")),
    ("rules", Recording),
    ("template", Recording),
    ("submit", Recording),
    ("figure", Recording),
    ("evidence", Recording),
    ("period", Recording),
    ("target", Recording),
    ("award", Recording),
    ("unit", Recording),
    ("duty", Recording),
    ("key", Recording),
    ("account", Recording),
    ("attest", Recording),
    ("statement", Recording),
    ("committee", Recording),
    ("snapshot", Recording),
    ("objection", Recording),
    ("scores", Questions),
    ("ranking", Questions),
    ("figures", Questions),
    ("timeliness", Questions),
    ("roll-ups", Questions),
    ("explain", Questions),
    ("trail", Questions),
    ("diff", Questions),
    ("verify", Questions),
    ("cosign", Questions),
    ("timestamp", Questions),
    ("witness", Elsewhere("watches heads, has no ledger")),
    ("feed", Questions),
    ("serve", Questions),
    ("head", Questions),
    ("prove", Questions),
    ("verify-proof", Questions),
    ("restore", Recording),
    ("prove-cell", Questions),
    ("bundle", Questions),
    ("verify-year", Questions),
    ("fsck", Questions),
    ("self-check", Questions),
    ("compress", Recording),
    ("copy", Questions),
    ("worker", Questions),
];

/// The schemas of events belong to the program; the hidden `hammer` is refused where no demonstration is.
const BEYOND: [&str; 2] = ["schema", "help"];

#[test]
fn no_command_is_left_out() {
    let help = Desk::new().run("--help").with(0).out;
    let commands = help.lines().filter_map(|line| line.strip_prefix("  "));
    let commands = commands.filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    // Examples follow the commands.
    let commands = commands.filter(|line| !line.starts_with("progress-ledger"));
    let named: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    let known: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    let missing: Vec<_> =
        named.iter().filter(|name| !known.contains(name) && !BEYOND.contains(name)).collect();
    assert!(missing.is_empty(), "not tried on a server: {missing:?}");
    assert!(known.iter().all(|name| named.contains(name)), "gone: {known:?} of {named:?}");
}

/// Every command that is to be tried in a place must be among the command lines that are run there.
pub fn assert_all_tried<'a>(place: &Tried, lines: impl Iterator<Item = &'a str>) {
    let run: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    for (name, tried) in &COMMANDS {
        assert!(tried != place || run.contains(name), "{name} is not run");
    }
}

//! A policy that is refused names the line that is wrong: it is a file that a person wrote.

use chain::policy::Policy;

const LOG: &str = "log example.com/log+b2ac2b7c+AWJ8RwxTCWOsRiZNJLxcmGWGZkgcnLVZxs7Ha4ou9fJw";

fn refused_line(text: &str) -> usize {
    Policy::parse(text.as_bytes()).unwrap_err().line
}

#[test]
fn a_refused_policy_names_its_line() {
    let log = LOG.replace("b2ac2b7c", "00000000");
    assert_eq!(refused_line("quorum none\nnonsense\n"), 2);
    assert_eq!(refused_line("# a comment\n\nquorum nobody\n"), 3);
    assert_eq!(refused_line(&format!("# the key's id is wrong\n{log}\nquorum none\n")), 2);
    assert_eq!(refused_line("# nothing else\n"), 2, "after the last line the quorum is missing");
}

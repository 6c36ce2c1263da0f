//! The contract as it runs on a real server: this test program once more, told of a server by its address alone.

use std::process::Command;

use stand_in::{Options, StandIn};

use crate::server::REAL;

#[test]
fn the_contract_is_kept_at_an_address_unchanged() {
    let server = StandIn::start(Options { members: 3, ..Options::default() });
    let mut again = Command::new(std::env::current_exe().expect("a test program has a path"));
    let output = again.args(["contract::", "--nocapture"]).env(REAL, server.address()).output();
    let output = output.expect("it starts again");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("真实服务器（LEDGER_TEST_EVENTSTORE）"), "it says where it ran: {said}");
    let passed = said.split("test result: ok. ").nth(1).and_then(|rest| rest.split(' ').next());
    let passed: usize = passed.and_then(|count| count.parse().ok()).expect("a count");
    assert!(passed > 15, "{passed} cases of the contract");
}

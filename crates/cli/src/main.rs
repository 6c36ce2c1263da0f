//! The program `progress-ledger`.

fn main() {}

//! No body makes a witness's reader panic, or the decision about what was read; nothing is cosigned that no known key signed,
//! and nothing that goes back or forks.
#![no_main]

use chain::note::VerifierKey;
use libfuzzer_sys::fuzz_target;
use witness::decide::{Latest, decide};
use witness::request::{MAX_PROOF_LINES, Request};

/// The log's key; the seeds' heads are signed with it.
const LOG: &str = include_str!("../seeds/signed_note/vkey");

fuzz_target!(|body: &[u8]| {
    let Ok(request) = Request::parse(body) else { return };
    assert!(request.proof.len() <= MAX_PROOF_LINES);
    let log: VerifierKey = LOG.trim_end().parse().expect("the seed is a key");
    let known = Latest { size: request.old_size, root: request.head.root };
    for latest in [Latest::nothing(), known] {
        if let Ok(next) = decide(&request, std::slice::from_ref(&log), latest) {
            assert_eq!(request.note.signed_by(&log), Ok(true));
            assert!(next.size > latest.size || next == latest);
        }
    }
    // The parts that a signature stands before, as if it were there.
    let old = (known.size, known.root);
    let new = (request.head.size, request.head.root);
    let continued = chain::tree::verify_consistency(old, new, &request.proof);
    assert!(!continued || old.0 <= new.0);
});

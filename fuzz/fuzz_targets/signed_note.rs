//! No bytes make the readers of notes, heads, keys and policies panic; what is read is written back as it stood, and
//! nobody signs by accident.
#![no_main]

use chain::note::{Checkpoint, Note, VerifierKey, open_checkpoint};
use chain::policy::Policy;
use libfuzzer_sys::fuzz_target;

/// A key whose secret nobody has looked for.
const LOG: &str = include_str!("../seeds/signed_note/vkey");

fuzz_target!(|bytes: &[u8]| {
    let log: VerifierKey = LOG.trim_end().parse().expect("the seed is a key");
    if let Ok(note) = Note::parse(bytes) {
        assert!(!note.signatures.is_empty() && note.text.ends_with('\n'));
        let begin = format!("{}\n", note.text);
        assert!(bytes.starts_with(begin.as_bytes()));
        if let Ok(head) = Checkpoint::parse(&note.text) {
            assert!(note.text.starts_with(&head.text()));
        }
        let opened = open_checkpoint(bytes, &log).is_ok();
        assert!(!opened || note.signed_by(&log) == Ok(true));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(key) = text.parse::<VerifierKey>()
    {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(policy) = Policy::parse(bytes) {
        let _ = policy.open(bytes);
    }
    let _ = Policy::parse(format!("log {}\nquorum none\n", LOG.trim_end()).as_bytes())
        .expect("the seed is a policy")
        .open(bytes);
});

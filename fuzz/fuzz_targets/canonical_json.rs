//! The strict reader, the writer and the one-pass check agree on every text, and the canonical form is its own.
#![no_main]

use chain::json::{JsonErrorKind, canonicalize, check_canonical, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let value = match parse(bytes) {
        Ok(value) => value,
        Err(error) => {
            assert_ne!(error.kind, JsonErrorKind::NotCanonical, "any legal spelling is read");
            assert_eq!(canonicalize(bytes), Err(error));
            assert_eq!(check_canonical(bytes), Err(error));
            return;
        }
    };
    let canonical = value.to_canonical();
    assert_eq!(canonicalize(bytes).as_ref(), Ok(&canonical));
    assert_eq!(check_canonical(&canonical), Ok(()));
    assert_eq!(parse(&canonical).as_ref(), Ok(&value));
    assert_eq!(check_canonical(bytes).is_ok(), canonical == bytes);
    // What the strict reader takes, every JSON reader takes.
    assert!(serde_json::from_slice::<serde_json::Value>(bytes).is_ok());
});

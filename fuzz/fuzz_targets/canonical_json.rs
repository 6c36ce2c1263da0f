//! Whatever is accepted has one canonical form, which all readers agree on; a refusal is unanimous.
#![no_main]

use chain::json::{JsonErrorKind, canonicalize, check_canonical, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let strict = check_canonical(bytes);
    let parsed = parse(bytes);
    match canonicalize(bytes) {
        Err(error) => {
            assert_eq!(parsed.expect_err("one reader refuses, all refuse").kind, error.kind);
            assert!(strict.is_err());
        }
        Ok(canonical) => {
            assert_eq!(parsed.expect("one reader accepts, all accept").to_canonical(), canonical);
            assert_eq!(check_canonical(&canonical), Ok(()));
            assert_eq!(canonicalize(&canonical).as_ref(), Ok(&canonical));
            match strict {
                Ok(()) => assert_eq!(canonical, bytes),
                Err(error) => assert_eq!(error.kind, JsonErrorKind::NotCanonical),
            }
            keeps_the_value(bytes, &canonical);
        }
    }
});

/// An ordinary reader must find the same value in both spellings.
fn keeps_the_value(bytes: &[u8], canonical: &[u8]) {
    let read = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).expect("what is accepted is JSON");
    assert_eq!(read(bytes), read(canonical));
}

//! A date or an instant that is accepted is written back as it stood: there is one spelling only.
#![no_main]

use chain::{Date, Instant};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(date) = text.parse::<Date>() {
        assert_eq!(date.to_string(), text);
    }
    if let Ok(instant) = Instant::parse(bytes) {
        assert_eq!(instant.to_string(), text);
    }
});

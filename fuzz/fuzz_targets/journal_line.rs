//! A line that is accepted is canonical, and its parts written again give its bytes.
#![no_main]

use chain::hash::event_hash;
use chain::json::check_canonical;
use chain::line::{Envelope, Line, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(line) = Line::parse(bytes) else {
        return;
    };
    assert_eq!(check_canonical(bytes), Ok(()));
    assert_eq!(check_canonical(line.data), Ok(()));
    assert_eq!(line.hash(), event_hash(bytes));
    let mut written = Vec::new();
    write(&envelope(&line), line.data, &mut written).expect("what was read can be written");
    assert_eq!(written, bytes);
});

fn envelope<'a>(line: &Line<'a>) -> Envelope<'a> {
    Envelope {
        at: line.at,
        by: line.by,
        id: line.id,
        position: line.position,
        prev: line.prev,
        submission: line.submission,
        submission_size: line.submission_size,
        kind: line.kind,
        unit: line.unit,
        unit_prev: line.unit_prev,
        unit_seq: line.unit_seq,
        version: line.version,
    }
}

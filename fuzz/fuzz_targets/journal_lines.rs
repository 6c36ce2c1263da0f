//! No bytes make the readers of a journal panic; a line that is read is written back as it stood; what recovery keeps
//! is whole.
//!
//! Changed bytes seldom get past hashes. So an input that is no line's beginning is the recipe of a journal, whose lines are
//! chained here and then damaged in one place. Nothing touches a disk; what takes time is hashing, so recipes are short and
//! each input is taken one way only.
#![no_main]

use chain::line::{Envelope, Line, write};
use chain::segment::{Tail, classify};
use chain::verify::{Checked, Verifier};
use chain::{EventHash, Instant};
use libfuzzer_sys::fuzz_target;

/// Submissions in a recipe; enough for an append before the last one and for one of several submissions.
const SUBMISSIONS: usize = 5;

fuzz_target!(|bytes: &[u8]| {
    match bytes.first() {
        Some(b'{' | b'\n') => check(bytes),
        Some(_) => check(&made(bytes)),
        None => {}
    }
});

fn check(journal: &[u8]) {
    let mut verifier = Verifier::new();
    for bytes in journal.split(|byte| *byte == b'\n') {
        let checked = Checked::of(bytes);
        assert_eq!(checked.line.is_ok(), Line::parse(bytes).is_ok());
        if let Ok(line) = &checked.line {
            let mut again = Vec::new();
            assert_eq!(write(&line.envelope(), line.data, &mut again), Ok(()));
            assert_eq!(again, bytes);
            assert_eq!(checked.hash, line.hash());
        }
        if let Some(respelled) = &checked.respelled {
            assert_eq!(chain::json::check_canonical(respelled), Ok(()));
        }
        verifier.push(&checked);
    }
    check_tail(journal);
}

fn check_tail(journal: &[u8]) {
    let kept = match classify(journal, 0, EventHash::ZERO, 0) {
        Tail::Whole(kept) | Tail::Incomplete(kept) => kept,
        Tail::Damaged { reason, .. } => return assert!(!reason.is_empty()),
    };
    assert!(kept.ends.is_sorted_by(|one, next| one < next));
    let end = usize::try_from(kept.ends.last().copied().unwrap_or(0)).expect("within the journal");
    assert!(end <= journal.len());
    // Recovery that is interrupted and repeated finds nothing more to cut.
    assert_eq!(classify(&journal[..end], 0, EventHash::ZERO, 0), Tail::Whole(kept));
}

/// A journal of appends: each byte of the recipe is a submission's size and whether it opens an append; the first
/// three say what is damaged where.
fn made(recipe: &[u8]) -> Vec<u8> {
    let (Some([high, low, change]), rest) = (recipe.first_chunk(), recipe.get(3..).unwrap_or(&[])) else {
        return Vec::new();
    };
    let mut journal = Vec::new();
    let (mut prev, mut position, mut micros) = (EventHash::ZERO, 0, 1_650_000_000_000_000);
    for (number, byte) in (1_u128..).zip(rest.iter().take(SUBMISSIONS)) {
        let size = u32::from(byte & 3) + 1;
        micros += i64::from(byte >> 7 == 0 || number == 1);
        for k in 0..size {
            let submission = uuid::Uuid::from_u128(number);
            let envelope = Envelope {
                at: Instant::from_micros(micros).expect("in the calendar"),
                by: "fuzz",
                id: chain::hash::event_id(submission, k),
                position,
                prev,
                submission,
                submission_size: size,
                kind: "period-closed",
                unit: "office",
                unit_prev: prev,
                unit_seq: position,
                version: 1,
            };
            let start = journal.len();
            write(&envelope, b"{\"period\":\"2022-04\"}", &mut journal).expect("a line");
            prev = chain::hash::event_hash(&journal[start..]);
            position += 1;
            journal.push(b'\n');
        }
    }
    damaged(journal, usize::from(*high) << 8 | usize::from(*low), *change)
}

/// Cuts the end off, fills from a place on with padding or other bytes, or flips a byte.
fn damaged(mut journal: Vec<u8>, place: usize, change: u8) -> Vec<u8> {
    let at = if journal.is_empty() { 0 } else { journal.len() - 1 - place % journal.len() };
    match change % 4 {
        0 => journal.truncate(at),
        1 => journal[at..].fill(b'\n'),
        2 => journal[at..].iter_mut().take(64).for_each(|byte| *byte = 0),
        _ => journal[at..].iter_mut().take(1).for_each(|byte| *byte ^= change | 1),
    }
    journal
}

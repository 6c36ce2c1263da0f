//! Event hashes of many lines at once: BLAKE3's own vector code hashes up to sixteen inputs side by side.
//!
//! A line is mostly shorter than one BLAKE3 chunk, so hashing it alone leaves the vector unit idle. Lines of one batch
//! with the same number of whole blocks run through it together; each one's last block is compressed alone. The
//! functions used are those of the `blake3` crate below its public interface, which is why its version is fixed; what
//! they give is held against the plain hasher for every length (`docs/decisions/0025`).

use blake3::platform::Platform;
use blake3::{BLOCK_LEN, CHUNK_LEN, IncrementCounter, OUT_LEN};

use crate::hash::{EventHash, event_context_key, event_hash};

const CHUNK_START: u8 = 1 << 0;
const CHUNK_END: u8 = 1 << 1;
const ROOT: u8 = 1 << 3;
const DERIVE_KEY_MATERIAL: u8 = 1 << 6;

/// Most inputs that any vector unit takes at once.
const LANES: usize = 16;
/// Whole blocks before the last one, at most.
const MOST_BLOCKS: usize = CHUNK_LEN / BLOCK_LEN - 1;

type Words = [u32; 8];

/// The event hash of each line.
#[must_use]
pub fn event_hashes(lines: &[&[u8]]) -> Vec<EventHash> {
    let platform = Platform::detect();
    let mut hashes = vec![EventHash::ZERO; lines.len()];
    let mut groups: [Vec<usize>; MOST_BLOCKS + 1] = Default::default();
    for (number, line) in lines.iter().enumerate() {
        match whole_blocks(line) {
            Some(blocks @ 1..) => groups[blocks].push(number),
            Some(0) | None => hashes[number] = event_hash(line),
        }
    }
    for (blocks, group) in groups.iter().enumerate() {
        for numbers in group.chunks(LANES) {
            let words = chained(platform, lines, numbers, blocks);
            for (number, words) in numbers.iter().zip(words) {
                hashes[*number] = last(platform, words, &lines[*number][blocks * BLOCK_LEN..]);
            }
        }
    }
    hashes
}

/// How many whole blocks come before the last one; none where a line is empty or longer than a chunk.
fn whole_blocks(line: &[u8]) -> Option<usize> {
    (1..=CHUNK_LEN).contains(&line.len()).then(|| (line.len() - 1) / BLOCK_LEN)
}

/// The chaining values of these lines behind their first `blocks` blocks.
fn chained(platform: Platform, lines: &[&[u8]], numbers: &[usize], blocks: usize) -> [Words; LANES] {
    let mut bytes = [0; LANES * OUT_LEN];
    let out = &mut bytes[..numbers.len() * OUT_LEN];
    macro_rules! of_length {
        ($($blocks:literal)*) => {
            match blocks {
                $($blocks => together::<{ $blocks * BLOCK_LEN }>(platform, lines, numbers, out),)*
                _ => unreachable!("a chunk has at most fifteen blocks before its last"),
            }
        };
    }
    of_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    let mut words = [[0; 8]; LANES];
    for (words, bytes) in words.iter_mut().zip(bytes.chunks_exact(OUT_LEN)) {
        *words = words_of(bytes);
    }
    words
}

fn together<const N: usize>(platform: Platform, lines: &[&[u8]], numbers: &[usize], out: &mut [u8]) {
    let first = numbers.first().expect("a group has lines");
    let mut inputs = [start::<N>(lines[*first]); LANES];
    for (input, number) in inputs.iter_mut().zip(numbers) {
        *input = start(lines[*number]);
    }
    let key = words_of(event_context_key());
    let (inputs, none) = (&inputs[..numbers.len()], IncrementCounter::No);
    platform.hash_many(inputs, &key, 0, none, DERIVE_KEY_MATERIAL, CHUNK_START, 0, out);
}

fn start<const N: usize>(line: &[u8]) -> &[u8; N] {
    line.first_chunk().expect("a line of the group has so many blocks")
}

/// The hash from the chaining value before the last block, which has 1 to 64 bytes.
fn last(platform: Platform, mut words: Words, rest: &[u8]) -> EventHash {
    let mut block = [0; BLOCK_LEN];
    block[..rest.len()].copy_from_slice(rest);
    let length = u8::try_from(rest.len()).expect("at most 64");
    platform.compress_in_place(&mut words, &block, length, 0, DERIVE_KEY_MATERIAL | CHUNK_END | ROOT);
    let mut hash = [0; OUT_LEN];
    for (bytes, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    EventHash(hash)
}

fn words_of(bytes: &[u8]) -> Words {
    let mut words = [0; 8];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_length_hash_as_they_do_alone() {
        let bytes: Vec<u8> =
            (0..3000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let lines: Vec<&[u8]> =
            (0..1100).chain(0..1100).chain([2048, 3000]).map(|end| &bytes[..end]).collect();
        for count in (0..70).chain([lines.len()]) {
            let some = &lines[lines.len() - count..];
            let alone: Vec<EventHash> = some.iter().map(|line| event_hash(line)).collect();
            assert_eq!(event_hashes(some), alone);
        }
        let alone: Vec<EventHash> = lines.iter().map(|line| event_hash(line)).collect();
        for begin in 0..lines.len() - 40 {
            assert_eq!(event_hashes(&lines[begin..begin + 40]), alone[begin..begin + 40]);
        }
    }
}

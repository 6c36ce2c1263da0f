//! Lookup tables that are only ever asked and never walked, so that their order cannot reach a result.
//!
//! A line of a figure asks for its plan, row, area and unit; in sorted maps these comparisons of texts are a tenth of
//! a replay. Saved, a table is sorted, so equal tables have equal bytes.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use chain::EventHash;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A lookup table by event hash.
pub type ByHash<T> = HashMap<EventHash, T, BuildHasherDefault<TakeEightBytes>>;

/// A lookup table by a short key of this ledger's own, such as an id.
pub type ById<K, T> = HashMap<K, T, BuildHasherDefault<MixWords>>;

/// A lookup table by event hash for as many entries as a ledger has lines.
///
/// A table that grows moves all it has at once: at a million entries whoever waits for an answer would wait for tens
/// of milliseconds. So it is many small ones, each growing for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManyByHash<T> {
    /// By the hash's last byte; within, the first eight decide.
    parts: Vec<ByHash<T>>,
}

impl<T> ManyByHash<T> {
    const PARTS: usize = 1 << u8::BITS;

    const fn part(hash: &EventHash) -> usize {
        hash.0[31] as usize
    }

    /// What stands under a hash.
    #[must_use]
    pub fn get(&self, hash: &EventHash) -> Option<&T> {
        self.parts[Self::part(hash)].get(hash)
    }

    /// Puts an entry in, in place of one with the same hash.
    pub fn insert(&mut self, hash: EventHash, entry: T) {
        self.parts[Self::part(&hash)].insert(hash, entry);
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(ByHash::len).sum()
    }
}

impl<T> Default for ManyByHash<T> {
    fn default() -> Self {
        Self { parts: std::iter::repeat_with(ByHash::default).take(Self::PARTS).collect() }
    }
}

impl<T> FromIterator<(EventHash, T)> for ManyByHash<T> {
    fn from_iter<I: IntoIterator<Item = (EventHash, T)>>(entries: I) -> Self {
        let mut table = Self::default();
        entries.into_iter().for_each(|(hash, entry)| table.insert(hash, entry));
        table
    }
}

/// Hashes are uniform already: eight of their bytes are a good enough hash for a lookup table.
#[derive(Clone, Copy, Debug, Default)]
pub struct TakeEightBytes(u64);

impl Hasher for TakeEightBytes {
    fn write(&mut self, bytes: &[u8]) {
        // The array's length is written too, before its bytes; it says nothing.
        if let (32, Some(first)) = (bytes.len(), bytes.first_chunk()) {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A quick hash of some words. Who names plans, rows, areas and units is known to the ledger, so nobody is kept from
/// choosing ids that collide; such a table would only be slow.
#[derive(Clone, Copy, Debug, Default)]
pub struct MixWords(u64);

impl MixWords {
    /// An odd number without a pattern: 2^64 divided by the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

    const fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(Self::FACTOR);
    }
}

impl Hasher for MixWords {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(byte.into());
    }

    fn finish(&self) -> u64 {
        // A table takes its buckets from the low bits, which multiplying mixes least.
        self.0 ^ (self.0 >> 32)
    }
}

/// Saves a table as a sorted map. Used as `#[serde(with = "…")]`.
pub(crate) fn serialize<K, T, H, S>(table: &HashMap<K, T, H>, serializer: S) -> Result<S::Ok, S::Error>
where
    K: Ord + Serialize,
    T: Serialize,
    S: Serializer,
{
    table.iter().collect::<BTreeMap<_, _>>().serialize(serializer)
}

/// Reads a table that [`serialize`] saved.
pub(crate) fn deserialize<'de, K, T, H, D>(deserializer: D) -> Result<HashMap<K, T, H>, D::Error>
where
    K: Ord + Hash + Deserialize<'de>,
    T: Deserialize<'de>,
    H: Default + std::hash::BuildHasher,
    D: Deserializer<'de>,
{
    BTreeMap::<K, T>::deserialize(deserializer).map(|sorted| sorted.into_iter().collect())
}

//! How a journal is opened for writing.

/// When an append is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When its lines are durable. The only choice for a ledger that anybody reports to.
    EachAppend,
    /// When its lines are in the page cache. **Nothing is promised** before [`Journal::finish`](crate::Journal::finish)
    /// has returned `Ok`: a power cut before that may take any of the lines, and leave a folder that does not open.
    /// Only for making a new ledger, such as a demonstration of millions of lines; one with lines is refused.
    AtFinish,
}

/// Who writes the padding ahead of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filling {
    /// A thread of the journal, so that no append waits for it.
    Background,
    /// The append that finds too little of it, after its own lines are durable: the same operations in the same order
    /// each time, which is what a test with planned faults needs.
    Inline,
}

/// How a journal is opened for writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalOptions {
    /// A segment is sealed before it would grow beyond this many bytes; one append alone may be larger.
    pub segment_bytes: u64,
    /// How many bytes beyond the last line are kept written ahead; 0 for none.
    pub padding_bytes: u64,
    /// Who writes them.
    pub filling: Filling,
    /// When an append is answered.
    pub durability: Durability,
    /// The size of the largest signed head that the caller has seen elsewhere: nothing below it is cut off. The file
    /// `checkpoint` beside the journal is read in any case.
    pub signed_size: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            padding_bytes: 1 << 20,
            filling: Filling::Background,
            durability: Durability::EachAppend,
            signed_size: 0,
        }
    }
}

//! Lines as they come from an engine: one buffer, and where each line ends.

/// Consecutive lines, read at once, borrowed one by one.
///
/// The buffer holds each line with its LF, as the journal's files do, so that one large read needs no copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineBatch {
    first: u64,
    bytes: Vec<u8>,
    /// Where the first line begins.
    start: usize,
    /// Offset of each line's LF.
    ends: Vec<usize>,
}

impl LineBatch {
    /// Makes an empty batch whose first line will have position `first`.
    #[must_use]
    pub const fn new(first: u64) -> Self {
        Self { first, bytes: Vec::new(), start: 0, ends: Vec::new() }
    }

    /// Position of the first line, if there is one; else where it would be.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Position after the last line: where to read on.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    /// Number of lines.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no lines.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Line `index` (0-based, within the batch), without its LF.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let begin = if index == 0 { self.start } else { self.ends[index - 1] + 1 };
        Some(&self.bytes[begin..end])
    }

    /// The lines with their positions.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter { position: self.first, begin: self.start, bytes: &self.bytes, ends: self.ends.iter() }
    }

    /// All lines, each ended by LF.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.ends.last().map_or(&[], |end| &self.bytes[self.start..=*end])
    }

    /// Empties the batch, keeping its memory; its first line will have position `first`.
    pub fn clear(&mut self, first: u64) {
        self.first = first;
        self.bytes.clear();
        self.start = 0;
        self.ends.clear();
    }

    /// Adds one line, given without its LF.
    pub fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
        self.bytes.push(b'\n');
    }

    /// Keeps only the first `max_lines` lines.
    pub fn truncate(&mut self, max_lines: usize) {
        self.ends.truncate(max_lines);
    }

    /// Becomes a copy of at most `max_lines` lines of `other`, from position `from` on, which `other` must reach.
    ///
    /// # Panics
    /// If `from` lies outside `other`.
    pub fn copy_from(&mut self, other: &Self, from: u64, max_lines: usize) {
        self.clear(from);
        let index = from.checked_sub(other.first).and_then(|index| usize::try_from(index).ok());
        let index = index.filter(|index| *index <= other.len()).expect("the line lies in the other batch");
        let ends = &other.ends[index..other.len().min(index.saturating_add(max_lines))];
        let begin = index.checked_sub(1).map_or(other.start, |before| other.ends[before] + 1);
        if let Some(last) = ends.last() {
            self.bytes.extend_from_slice(&other.bytes[begin..=*last]);
            self.ends.extend(ends.iter().map(|end| end - begin));
        }
    }

    /// Takes the emptied buffer out, to be read into and given to [`fill`](Self::fill).
    #[must_use]
    pub fn take_buffer(&mut self) -> Vec<u8> {
        self.ends.clear();
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        bytes
    }

    /// Makes the batch of the lines in `bytes`: leaves out `skip` lines, takes at most `max_lines`.
    ///
    /// `first` is the position of the first line taken. Bytes after the last LF are no line.
    /// Returns how many lines were taken.
    pub fn fill(&mut self, first: u64, bytes: Vec<u8>, skip: usize, max_lines: usize) -> usize {
        self.clear(first);
        self.bytes = bytes;
        let mut line_feeds = memchr::memchr_iter(b'\n', &self.bytes);
        if let Some(before) = skip.checked_sub(1) {
            self.start = line_feeds.nth(before).map_or(self.bytes.len(), |end| end + 1);
        }
        self.ends.extend(line_feeds.take(max_lines));
        self.ends.len()
    }
}

impl<'a> IntoIterator for &'a LineBatch {
    type Item = (u64, &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Lines of a batch with their positions.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    position: u64,
    begin: usize,
    bytes: &'a [u8],
    ends: std::slice::Iter<'a, usize>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let end = *self.ends.next()?;
        let item = (self.position, &self.bytes[self.begin..end]);
        self.position += 1;
        self.begin = end + 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ends.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_the_lines_asked_for_out_of_a_large_read() {
        let mut batch = LineBatch::new(0);
        assert_eq!(batch.fill(7, b"a\nbb\nccc\ndddd\ntorn".to_vec(), 1, 2), 2);
        let lines: Vec<_> = batch.iter().collect();
        assert_eq!(lines, [(7, &b"bb"[..]), (8, &b"ccc"[..])]);
        assert_eq!(batch.as_bytes(), b"bb\nccc\n");
        assert_eq!((batch.get(1), batch.get(2), batch.next()), (Some(&b"ccc"[..]), None, 9));
    }

    #[test]
    fn a_batch_without_that_many_lines_is_empty() {
        let mut batch = LineBatch::new(0);
        assert_eq!(batch.fill(5, b"a\nb\n".to_vec(), 3, 9), 0);
        assert!(batch.is_empty());
        assert_eq!(batch.as_bytes(), b"");
    }

    #[test]
    fn a_part_of_a_batch_is_copied_into_another() {
        let mut other = LineBatch::new(0);
        other.fill(7, b"skipped\na\nbb\nccc\n".to_vec(), 1, 9);
        let mut batch = LineBatch::new(0);
        batch.copy_from(&other, 8, 1);
        assert_eq!(batch.iter().collect::<Vec<_>>(), [(8, &b"bb"[..])]);
        batch.copy_from(&other, 7, usize::MAX);
        assert_eq!(batch.as_bytes(), other.as_bytes());
        batch.copy_from(&other, 10, 5);
        assert!(batch.is_empty());
    }

    #[test]
    fn pushed_lines_read_like_lines_from_a_file() {
        let mut pushed = LineBatch::new(3);
        pushed.push(b"x");
        pushed.push(b"yz");
        let mut filled = LineBatch::new(0);
        filled.fill(3, b"x\nyz\n".to_vec(), 0, usize::MAX);
        assert_eq!(pushed, filled);
    }
}

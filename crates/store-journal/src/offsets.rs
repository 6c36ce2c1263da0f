//! From a line's number to where it stands: one offset for each 64 lines.

/// Lines between two offsets that are kept.
const STRIDE: u64 = 64;
/// Bytes that one read takes at most, unless [`STRIDE`] lines are more.
const READ_BYTES: u64 = 1 << 20;

/// An empty line, where none may be.
#[derive(Debug)]
pub(crate) struct EmptyLine;

/// Where the lines of a file are. Lines are numbered from 0 within it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offsets {
    /// Where every 64th line begins.
    begins: Vec<u64>,
    lines: u64,
    /// Where the last whole line ends.
    end: u64,
    /// How far the file was read.
    read: u64,
}

/// The bytes to read for some lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: u64,
    pub(crate) bytes: usize,
    /// Lines at the beginning that were not asked for.
    pub(crate) skip: usize,
    /// Lines after those.
    pub(crate) lines: usize,
}

impl Offsets {
    /// Takes the next bytes of the file; a line may begin in one piece and end in another.
    pub(crate) fn scan(&mut self, piece: &[u8]) -> Result<(), EmptyLine> {
        for line_feed in memchr::memchr_iter(b'\n', piece) {
            let after = self.read + line_feed as u64 + 1;
            if after == self.end + 1 {
                return Err(EmptyLine);
            }
            if self.lines.is_multiple_of(STRIDE) {
                self.begins.push(self.end);
            }
            self.lines += 1;
            self.end = after;
        }
        self.read += piece.len() as u64;
        Ok(())
    }

    /// Number of whole lines.
    pub(crate) const fn lines(&self) -> u64 {
        self.lines
    }

    /// Offset after the last whole line.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    /// Whether bytes were read after the last whole line.
    pub(crate) const fn has_rest(&self) -> bool {
        self.read > self.end
    }

    /// What to read to get line `from`, which must be there, and up to `max_lines` (at least one) in all.
    pub(crate) fn span(&self, from: u64, max_lines: usize) -> Span {
        assert!(from < self.lines && max_lines > 0, "line {from} of {}", self.lines);
        let index = |line: u64| usize::try_from(line / STRIDE).expect("the index is in memory");
        let first = index(from);
        let begin = self.begins[first];
        let wanted = self.lines.min(from.saturating_add(max_lines as u64));
        let reach = begin + READ_BYTES;
        let fitting = match self.end <= reach {
            true => self.begins.len(),
            false => self.begins.partition_point(|offset| *offset <= reach) - 1,
        };
        let stop = fitting.max(first + 1).min(index(wanted - 1) + 1);
        let end = self.begins.get(stop).copied().unwrap_or(self.end);
        let there = self.lines.min(stop as u64 * STRIDE);
        Span {
            offset: begin,
            bytes: usize::try_from(end - begin).expect("a read fits in memory"),
            skip: usize::try_from(from % STRIDE).expect("below the stride"),
            lines: usize::try_from(there.min(wanted) - from).expect("no more than were asked for"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines `0` to `count - 1`, each as many bytes long as its number says, plus one.
    fn file(count: usize) -> Vec<u8> {
        (0..count).flat_map(|line| [vec![b'x'; line + 1], vec![b'\n']].concat()).collect()
    }

    #[test]
    fn a_span_holds_the_lines_asked_for_however_the_file_was_read() {
        let bytes = file(200);
        for piece in [1, 7, 4096] {
            let mut offsets = Offsets::default();
            bytes.chunks(piece).for_each(|piece| offsets.scan(piece).unwrap());
            assert_eq!(
                (offsets.lines(), offsets.end(), offsets.has_rest()),
                (200, bytes.len() as u64, false)
            );
            for (from, max_lines) in [(0, 1), (63, 1), (63, 2), (64, 64), (5, 1000), (199, 9)] {
                let span = offsets.span(from, max_lines);
                let begin = usize::try_from(span.offset).unwrap();
                let lines: Vec<_> = bytes[begin..begin + span.bytes].split(|byte| *byte == b'\n').collect();
                assert_eq!(lines[span.skip].len() as u64, from + 1);
                assert_eq!(span.lines, max_lines.min(200 - usize::try_from(from).unwrap()));
                assert!(lines.len() > span.skip + span.lines);
            }
        }
    }

    #[test]
    fn one_read_is_bounded_but_never_empty() {
        let mut offsets = Offsets::default();
        let line = [vec![b'x'; 59_999], vec![b'\n']].concat();
        (0..500).for_each(|_| offsets.scan(&line).unwrap());
        assert_eq!(offsets.span(70, 500).lines, 58, "to the end of the 64 lines it lies in");
        assert_eq!(offsets.span(70, 3).lines, 3);
    }

    #[test]
    fn an_empty_line_and_a_rest_are_told() {
        assert!(Offsets::default().scan(b"\n").is_err());
        let mut offsets = Offsets::default();
        offsets.scan(b"a\n").unwrap();
        assert!(offsets.clone().scan(b"\n").is_err());
        offsets.scan(b"b").unwrap();
        assert!(offsets.has_rest());
    }
}

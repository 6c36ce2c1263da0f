//! Mutations of whole lines, segments and files, and histories written anew by somebody who holds the ledger's keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use app::publish::SignedHead;
use audit::{NotChecked, Options, rebuild};
use chain::EventHash;
use chain::line::Line;
use chain::note::Checkpoint;

use crate::check::{self, Outcome, Right};
use crate::fields;
use crate::ledger::{Built, Key, ORIGIN};
use crate::matrix::Matrix;

const LINES: &str = "lines";
const FILES: &str = "segments and files";
const ANEW: &str =
    "written anew: every hash made right again, signed by the ledger's own key, no older head kept";

/// A ledger's files in memory.
struct Image(BTreeMap<PathBuf, Vec<u8>>);

impl Image {
    fn of(built: &Built) -> Self {
        let read = |file: PathBuf| {
            let bytes = std::fs::read(built.outer().join(&file)).unwrap();
            (file, bytes)
        };
        Self(check::files(built).into_iter().map(read).collect())
    }

    /// Puts everything back as it was.
    fn restore(&self, built: &Built) {
        for file in check::files(built) {
            std::fs::remove_file(built.outer().join(file)).unwrap();
        }
        for (file, bytes) in &self.0 {
            std::fs::write(built.outer().join(file), bytes).unwrap();
        }
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&PathBuf, &Vec<u8>)> {
        self.0.iter().filter(move |(file, _)| fields::kind(file) == Some(kind))
    }
}

/// Runs all of them.
pub fn run_all(built: &Built, right: &Right) -> Matrix {
    let mut bench = Bench { built, right, image: Image::of(built), matrix: Matrix::default() };
    bench.lines();
    bench.segments();
    bench.files();
    bench.heads();
    bench.written_anew();
    bench.matrix
}

struct Bench<'a> {
    built: &'a Built,
    right: &'a Right,
    image: Image,
    matrix: Matrix,
}

impl Bench<'_> {
    fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.built.outer().join(file)
    }

    /// Takes what `verify` says of the ledger as it stands now, and puts it back.
    fn verified(&mut self, group: &str, what: &str) -> Outcome {
        let outcome = self.right.verify(self.built);
        assert_ne!(outcome, Outcome::Missed, "{group}: {what}");
        self.matrix.add(group, what, outcome.clone());
        self.image.restore(self.built);
        outcome
    }

    /// A mutation that must be found.
    fn caught(&mut self, group: &str, what: &str) {
        let outcome = self.verified(group, what);
        assert!(matches!(outcome, Outcome::Found(_)), "{group}: {what}: {outcome:?}");
    }

    fn lines(&mut self) {
        let segments = self.image.of_kind("journal segment");
        let segments: Vec<_> = segments.map(|(file, bytes)| (file.clone(), lines_of(bytes))).collect();
        for (file, lines) in segments {
            for at in 0..lines.len() {
                let mut dropped = lines.clone();
                dropped.remove(at);
                let mut doubled = lines.clone();
                doubled.insert(at, lines[at].clone());
                let mut cases = vec![("dropped", dropped), ("doubled", doubled)];
                if at > 0 {
                    let mut swapped = lines.clone();
                    swapped.swap(at - 1, at);
                    cases.push(("swapped with the one before", swapped));
                }
                for (what, lines) in cases {
                    std::fs::write(self.path(&file), text(&lines)).unwrap();
                    self.caught(LINES, what);
                }
            }
        }
    }

    fn segments(&mut self) {
        let segments: Vec<PathBuf> =
            self.image.0.keys().filter(|file| file.starts_with("ledger/journal")).cloned().collect();
        for file in &segments {
            let path = self.path(file);
            let name = file.file_name().unwrap().to_str().unwrap();
            let (digits, ending) = name.split_once('.').unwrap();
            let first: u64 = digits.parse().unwrap();
            std::fs::rename(&path, path.with_file_name(format!("{:020}.{ending}", first + 1))).unwrap();
            self.caught(FILES, "segment renamed to the next position");
            std::fs::rename(&path, path.with_file_name(format!("{name}.bak"))).unwrap();
            self.caught(FILES, "segment renamed to what is no segment");
            std::fs::write(&path, b"").unwrap();
            self.caught(FILES, "segment emptied");
            std::fs::remove_file(&path).unwrap();
            self.caught(FILES, "segment removed");
        }
        for pair in segments.windows(2) {
            for (file, other) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
                std::fs::write(self.path(file), &self.image.0[other]).unwrap();
            }
            self.caught(FILES, "content of two neighbouring segments exchanged");
        }
        std::fs::write(self.path("ledger/journal/notes.txt"), "x").unwrap();
        self.verified(FILES, "another file put beside the segments");
    }

    fn files(&mut self) {
        for file in self.image.0.keys().cloned().collect::<Vec<_>>() {
            let Some(kind) = fields::kind(&file).filter(|kind| !kind.contains("segment")) else { continue };
            let path = self.path(&file);
            if kind == "saved state" {
                std::fs::remove_file(&path).unwrap();
                self.matrix.add(FILES, "saved state removed", self.right.fsck(self.built));
                self.image.restore(self.built);
                continue;
            }
            std::fs::remove_file(&path).unwrap();
            self.verified(FILES, &format!("{kind} removed"));
            std::fs::write(&path, b"").unwrap();
            self.caught(FILES, &format!("{kind} emptied"));
            std::fs::write(&path, [&self.image.0[&file][..], b"\n"].concat()).unwrap();
            self.caught(FILES, &format!("{kind} with a line feed more"));
        }
        let copies: Vec<PathBuf> =
            self.image.of_kind("frozen table, copy").map(|(file, _)| file.clone()).collect();
        for file in copies {
            std::fs::write(self.path(file.with_file_name("other.jsonl")), &self.image.0[&file]).unwrap();
            self.caught(FILES, "table put beside the frozen ones");
        }
        self.cell();
    }

    /// A cell of the kept table gets other points, as long as before: named by row and column.
    fn cell(&mut self) {
        let scores = |file: &PathBuf| file.ends_with("scores.jsonl");
        let (file, bytes) = self.image.of_kind("frozen table, copy").find(|(file, _)| scores(file)).unwrap();
        let table = String::from_utf8(bytes.clone()).unwrap();
        let forged = table.replacen("\"value\":\"9.13\"", "\"value\":\"9.31\"", 1);
        assert_ne!(table, forged, "{table}");
        std::fs::write(self.path(file), forged).unwrap();
        let (report, _) = rebuild(&self.built.ledger(), &Options::default()).unwrap();
        let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
        let row = finding.table.as_ref().unwrap().row.as_deref();
        assert_eq!((finding.kind, row), ("frozen-copy", Some("cell r guixi: value")));
        assert_eq!((finding.expected.as_deref(), finding.found.as_deref()), (Some("9.13"), Some("9.31")));
        self.caught(FILES, "a cell of a frozen table altered");
    }

    fn heads(&mut self) {
        let older = self.image.0[Path::new("older")].clone();
        std::fs::write(self.path("ledger/checkpoint"), &older).unwrap();
        self.verified(FILES, "checkpoint exchanged for an older one");
        std::fs::write(self.built.kept_head(), &older).unwrap();
        self.verified(FILES, "head kept beside the key exchanged for an older one");
        self.older_copy(&older);
        self.caught(FILES, "whole folder exchanged for an older copy");
        self.older_copy(&older);
        std::fs::write(self.built.kept_head(), &older).unwrap();
        self.older_copy_with_its_head();
    }

    /// The folder as it was when the older head was signed.
    fn older_copy(&self, older: &[u8]) {
        let size = usize::try_from(SignedHead::parse(older).unwrap().head.size).unwrap();
        let lines = lines_of(&self.right_lines());
        self.replace_lines(&lines[..size]);
        std::fs::write(self.path("ledger/checkpoint"), older).unwrap();
    }

    /// Somebody who exchanges the folder and the head beside the key leaves nothing to compare with on this machine.
    fn older_copy_with_its_head(&mut self) {
        let what = "whole folder and the head beside the key exchanged for older copies";
        let options = Options { kept: std::fs::read(self.built.kept_head()).ok(), ..Options::default() };
        let (report, _) = rebuild(&self.built.ledger(), &options).unwrap();
        assert!(report.is_clean() && report.not_checked.contains(&NotChecked::OutsideFreshness));
        self.matrix.add(FILES, what, Outcome::Same("not checked: `outside-freshness`"));
        let remembered = self.image.0.get(Path::new("ledger.head")).cloned();
        let (report, _) = rebuild(&self.built.ledger(), &Options { remembered, ..options }).unwrap();
        let kinds = report.findings.iter().map(|own| own.kind);
        self.matrix.add(FILES, "the same, and the auditor brings a head of his own", check::found(kinds));
        self.image.restore(self.built);
    }

    /// Bytes of all segments as plain lines.
    fn right_lines(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        audit::replay(&self.built.ledger(), &Options::default(), |line, _| {
            bytes.extend_from_slice(line.bytes);
            bytes.push(b'\n');
        })
        .unwrap();
        bytes
    }

    /// One segment of these lines; what is derived from others is gone.
    fn replace_lines(&self, lines: &[Vec<u8>]) {
        for folder in ["journal", "tile", "state", "snapshots"] {
            std::fs::remove_dir_all(self.built.ledger().join(folder)).unwrap();
            std::fs::create_dir(self.built.ledger().join(folder)).unwrap();
        }
        std::fs::write(self.path(format!("ledger/journal/{:020}.jsonl", 0)), text(lines)).unwrap();
        self.make_folders();
    }

    /// The folders that [`Image::restore`] writes into.
    fn make_folders(&self) {
        for file in self.image.0.keys() {
            std::fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        }
    }

    fn written_anew(&mut self) {
        for (what, lines) in histories(&lines_of(&self.right_lines())) {
            let lines = chained(&lines);
            self.replace_lines(&lines);
            let leaves: Vec<_> = lines.iter().map(|line| chain::hash::leaf_hash(line)).collect();
            let size = lines.len() as u64;
            let head = Checkpoint { origin: ORIGIN.to_owned(), size, root: chain::tree::root_of(&leaves) };
            let note = SignedHead::of(head, &Key::of_heads(2)).note;
            std::fs::write(self.path("ledger/checkpoint"), &note).unwrap();
            std::fs::remove_file(self.built.kept_head()).unwrap();
            self.caught(ANEW, what);
        }
    }
}

/// A line of a false history, and the hash of the true line in its place.
#[derive(Clone)]
struct Told {
    was: EventHash,
    bytes: Vec<u8>,
}

/// False histories.
fn histories(lines: &[Vec<u8>]) -> Vec<(&'static str, Vec<Told>)> {
    let told = |bytes: &Vec<u8>| Told { was: chain::hash::event_hash(bytes), bytes: bytes.clone() };
    let lines: Vec<Told> = lines.iter().map(told).collect();
    let first = |kind: &str| lines.iter().position(|line| kind_of(&line.bytes) == kind).unwrap();
    let alter = |kind: &str, from: &str, to: &str| {
        let (mut lines, at) = (lines.clone(), first(kind));
        let altered = String::from_utf8(lines[at].bytes.clone()).unwrap().replacen(from, to, 1);
        assert_ne!(altered.as_bytes(), lines[at].bytes, "{altered}");
        lines[at].bytes = altered.into_bytes();
        lines
    };
    let without = |kind: &str| {
        let (mut lines, at) = (lines.clone(), first(kind));
        lines.remove(at);
        lines
    };
    vec![
        ("a figure altered", alter("figure-reported", "9.13", "9.31")),
        ("a target altered", alter("target-set", "\"value\":\"10\"", "\"value\":\"11\"")),
        ("the rules altered", alter("rulebook-adopted", "\"ceiling\":\"1\"", "\"ceiling\":\"2\"")),
        ("a weight altered", alter("weight-block-defined", "\"points\":\"4\"", "\"points\":\"5\"")),
        ("a statement's count altered", alter("completeness-stated", "\"lines\":3", "\"lines\":2")),
        ("a frozen table's count of rows altered", alter("snapshot-proposed", "\"rows\":", "\"rows\":1")),
        ("an approval left out", without("snapshot-approved")),
        ("a verification left out", without("figure-verified")),
        ("a reported figure left out", without("figure-reported")),
    ]
}

fn kind_of(line: &[u8]) -> String {
    Line::parse(line).unwrap().kind.to_owned()
}

/// The lines of a segment without their LF; padding is none.
fn lines_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(<[u8]>::to_vec).collect()
}

fn text(lines: &[Vec<u8>]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect()
}

/// Lines with their positions, both chains, ids and sizes of submissions made right, and every mention of a true line's hash
/// replaced by that of the line in its place: all that needs no key.
fn chained(lines: &[Told]) -> Vec<Vec<u8>> {
    let mut sizes: BTreeMap<uuid::Uuid, u32> = BTreeMap::new();
    for line in lines {
        *sizes.entry(Line::parse(&line.bytes).unwrap().submission).or_default() += 1;
    }
    let mut renamed: Vec<(String, String)> = Vec::new();
    let mut units: BTreeMap<String, (u64, EventHash)> = BTreeMap::new();
    let mut made: Vec<Vec<u8>> = Vec::new();
    let (mut prev, mut submission, mut k) = (EventHash::ZERO, None, 0);
    for (position, told) in (0_u64..).zip(lines) {
        let line = Line::parse(&told.bytes).unwrap();
        k = if submission == Some(line.submission) { k + 1 } else { 0 };
        submission = Some(line.submission);
        let data = String::from_utf8(line.data.to_vec()).unwrap();
        let data = renamed.iter().fold(data, |data, (from, to)| data.replace(from, to));
        let unit = units.entry(line.unit.to_owned()).or_insert((0, EventHash::ZERO));
        let mut envelope = line.envelope();
        envelope.position = position;
        envelope.prev = prev;
        envelope.id = chain::hash::event_id(line.submission, k);
        envelope.submission_size = sizes[&line.submission];
        (envelope.unit_seq, envelope.unit_prev) = *unit;
        let mut bytes = Vec::new();
        chain::line::write(&envelope, data.as_bytes(), &mut bytes).unwrap();
        prev = chain::hash::event_hash(&bytes);
        *unit = (unit.0 + 1, prev);
        made.push(bytes);
        renamed.push((told.was.to_string(), prev.to_string()));
    }
    made
}

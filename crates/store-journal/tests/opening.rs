//! What opening finds: each case by name, with its reason, and nothing changed where it refuses.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use store::contract::{Scribe, borrowed, read_all};
use store::disk::SimDisk;
use store::{Damage, EventLog as _, StoreError};
use store_journal::{Durability, Filling, Journal, JournalOptions};

/// A ledger's files by name.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn files(folder: &Path) -> Files {
    let mut all = Files::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false if path.ends_with("lock") => {}
            false => drop(all.insert(path.clone(), fs::read(&path).unwrap())),
        }
    }
    all
}

fn options() -> JournalOptions {
    JournalOptions { segment_bytes: 2500, padding_bytes: 1 << 10, ..JournalOptions::default() }
}

/// A ledger of three segments: 12 lines in sealed and active ones, each append two lines.
fn ledger() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    let mut scribe = Scribe::new();
    for _ in 0..6 {
        append(&journal, &mut scribe, 2);
    }
    folder
}

fn append(journal: &Journal, scribe: &mut Scribe, count: u32) {
    let size = scribe.position();
    journal.append(size, &borrowed(&scribe.append(count, "开启"))).unwrap();
}

fn segment(folder: &Path, index: usize) -> PathBuf {
    let names: Vec<_> = files(&folder.join("journal")).into_keys().collect();
    assert_eq!(names.len(), 3);
    names[index].clone()
}

/// Opens what must be refused, for writing and for reading; nothing may change.
fn refused(folder: &Path) -> (Damage, u64, String) {
    let before = files(folder);
    let answers = [Journal::open(folder, options()).err(), Journal::open_read_only(folder).err()];
    assert!(files(folder) == before, "a refusal changes nothing");
    let answers = answers.map(|error| match error {
        Some(StoreError::Corrupt { damage, position, ref place, ref reason }) => {
            let message = error.as_ref().unwrap().to_string();
            assert!(message.contains(place) && message.contains(reason), "{message}");
            (damage, position, message)
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(answers[0], answers[1]);
    answers.into_iter().next().unwrap()
}

#[test]
fn a_missing_segment_is_a_gap() {
    let folder = ledger();
    fs::remove_file(segment(folder.path(), 1)).unwrap();
    let (damage, position, message) = refused(folder.path());
    assert_eq!(damage, Damage::SegmentGap);
    assert!(message.contains(&format!("缺少第 {position} 行至")), "{message}");
}

#[test]
fn a_segment_that_begins_too_early_overlaps() {
    let folder = ledger();
    let last = segment(folder.path(), 2);
    fs::rename(&last, last.with_file_name("00000000000000000006.jsonl")).unwrap();
    assert_eq!(refused(folder.path()).0, Damage::SegmentOverlap);
}

#[test]
fn an_empty_line_in_a_sealed_segment_is_no_padding() {
    let folder = ledger();
    let sealed = segment(folder.path(), 0);
    let bytes = fs::read(&sealed).unwrap();
    fs::write(&sealed, [bytes.as_slice(), b"\n"].concat()).unwrap();
    assert_eq!(refused(folder.path()).0, Damage::Padding);
}

#[test]
fn a_sealed_segment_without_its_last_line_feed_is_refused() {
    let folder = ledger();
    let sealed = segment(folder.path(), 1);
    let bytes = fs::read(&sealed).unwrap();
    fs::write(&sealed, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(refused(folder.path()).0, Damage::NoNewline);
}

#[test]
fn both_forms_with_other_lines_are_refused_and_with_equal_lines_one_stays() {
    let folder = ledger();
    let plain = segment(folder.path(), 0);
    let bytes = fs::read(&plain).unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    let before = read_all(&journal, 100);
    assert_eq!(journal.compress(&mut |_, _| {}).unwrap().segments, 2);
    drop(journal);
    fs::write(&plain, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(refused(folder.path()).0, Damage::BothFormsDiffer);
    fs::write(&plain, &bytes).unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    assert!(!plain.exists(), "the compressed form stays");
    assert_eq!(read_all(&journal, 100), before);
}

#[test]
fn a_compressed_segment_with_a_changed_byte_is_refused() {
    let folder = ledger();
    let journal = Journal::open(folder.path(), options()).unwrap();
    journal.compress(&mut |_, _| {}).unwrap();
    drop(journal);
    let packed = segment(folder.path(), 1);
    let mut bytes = fs::read(&packed).unwrap();
    bytes[40] ^= 1;
    fs::write(&packed, bytes).unwrap();
    assert_eq!(refused(folder.path()).0, Damage::SegmentUnreadable);
}

#[test]
fn stock_zstd_reads_what_the_journal_compressed_and_the_journal_what_stock_zstd_did() {
    let folder = ledger();
    let plain = [segment(folder.path(), 0), segment(folder.path(), 1)];
    let lines = plain.each_ref().map(|path| fs::read(path).unwrap());
    let before = read_all(&Journal::open_read_only(folder.path()).unwrap(), 100);
    Journal::open(folder.path(), options()).unwrap().compress(&mut |_, _| {}).unwrap();
    for (path, lines) in plain.iter().zip(&lines) {
        let packed = fs::File::open(path.with_extension("jsonl.zst")).unwrap();
        assert_eq!(&zstd::decode_all(packed).unwrap(), lines);
    }
    // One frame, and frames that end within a line, both without the journal's table.
    let half = lines[1].len() / 2 + 7;
    let foreign =
        [&lines[1][..half], &lines[1][half..]].map(|part| zstd::encode_all(part, 1).unwrap()).concat();
    fs::write(plain[1].with_extension("jsonl.zst"), foreign).unwrap();
    fs::write(plain[0].with_extension("jsonl.zst"), zstd::encode_all(&*lines[0], 1).unwrap()).unwrap();
    assert_eq!(read_all(&Journal::open(folder.path(), options()).unwrap(), 3), before);
}

#[test]
fn a_ledger_whose_last_segment_is_compressed_lacks_its_active_one() {
    let folder = ledger();
    let journal = Journal::open(folder.path(), options()).unwrap();
    journal.compress(&mut |_, _| {}).unwrap();
    drop(journal);
    fs::remove_file(segment(folder.path(), 2)).unwrap();
    assert_eq!(refused(folder.path()).0, Damage::ActiveMissing);
}

#[test]
fn damage_before_the_last_append_is_never_cut() {
    let folder = ledger();
    let active = segment(folder.path(), 2);
    let mut bytes = fs::read(&active).unwrap();
    bytes[300] = b'"';
    fs::write(&active, bytes).unwrap();
    let (damage, position, _) = refused(folder.path());
    assert_eq!((damage, format!("{position:020}.jsonl")), (Damage::BrokenTail, file_name(&active)));
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_second_writer_is_told_who_is_in_the_way() {
    let folder = ledger();
    let _first = Journal::open(folder.path(), options()).unwrap();
    let locked = Journal::open(folder.path(), options()).err().unwrap();
    assert!(matches!(&locked, StoreError::Locked { path } if path.ends_with("lock")), "{locked:?}");
    assert!(locked.to_string().contains("另一个进程"), "{locked}");
}

#[test]
fn a_read_only_disk_can_be_read_and_says_why_it_cannot_be_written() {
    let disk = SimDisk::new();
    let ledger = Path::new("/ledger");
    let options = JournalOptions { filling: Filling::Inline, ..options() };
    let journal = Journal::open_on(disk.clone(), ledger, options.clone()).unwrap();
    journal.append(0, &borrowed(&Scribe::new().append(3, "只读"))).unwrap();
    drop(journal);
    disk.set_read_only(true);
    let refused = Journal::open_on(disk.clone(), ledger, options).err().unwrap();
    assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused:?}");
    let reader = Journal::open_read_only_on(disk, ledger).unwrap();
    assert_eq!(reader.size().unwrap(), 3);
    for refused in [reader.append(3, &[b"x"]).map(drop), reader.compress(&mut |_, _| {}).map(drop)] {
        assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
    }
}

#[test]
fn where_there_is_no_ledger_a_reader_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Journal::open_read_only(folder.path()).err().unwrap();
    assert!(matches!(&missing, StoreError::NotFound { path } if path == folder.path()), "{missing:?}");
}

#[test]
fn a_reader_beside_the_writer_sees_new_lines_across_seals_and_compression() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options()).unwrap();
    let reader = Journal::open_read_only(folder.path()).unwrap();
    let mut scribe = Scribe::new();
    for round in 0..20 {
        append(&journal, &mut scribe, 3);
        assert_eq!(reader.size().unwrap(), scribe.position());
        if round == 10 {
            assert!(journal.compress(&mut |done, total| assert!(done <= total)).unwrap().segments > 3);
            assert_eq!(journal.compress(&mut |_, _| {}).unwrap().segments, 0);
        }
        for end in [&journal, &reader] {
            assert_eq!(read_all(end, 7).len() as u64, scribe.position());
        }
    }
    assert_eq!(read_all(&reader, 100), read_all(&journal, 100));
    let fresh = Journal::open_read_only(folder.path()).unwrap();
    assert_eq!(read_all(&fresh, 100), read_all(&journal, 100));
}

#[test]
fn a_new_ledger_may_become_durable_at_once_and_an_old_one_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let at_once = JournalOptions { durability: Durability::AtFinish, ..options() };
    let journal = Journal::open(folder.path(), at_once.clone()).unwrap();
    let lines = Scribe::new().append(30, "演示数据");
    journal.append(0, &borrowed(&lines)).unwrap();
    journal.finish().unwrap();
    drop(journal);
    assert!(matches!(Journal::open(folder.path(), at_once), Err(StoreError::ReadOnly { .. })));
    assert_eq!(read_all(&Journal::open(folder.path(), options()).unwrap(), 9), lines);
}

/// Copies a ledger of the format's vectors, without what is for the auditor only.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => assert!(fs::copy(&path, target).is_ok()),
        }
    }
}

fn vectors(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../chain/tests/vectors").join(kind);
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.is_dir());
    all.sort();
    all
}

/// What an expectation states under a name: the text up to the end of the line, or of the list.
fn stated(expect: &str, name: &str) -> String {
    let rest = expect.split_once(&format!("\"{name}\":")).expect("stated").1.trim_start();
    let end = if rest.starts_with('[') { rest.find(']') } else { rest.find(",\n") };
    rest[..end.unwrap()].chars().filter(|c| !c.is_whitespace() && !"[\"".contains(*c)).collect()
}

/// Opens a copy of one vector; gives what differs from what it states.
fn difference(case: &Path) -> Option<String> {
    let expect = fs::read_to_string(case.join("expect.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy(case, folder.path());
    let before = files(folder.path());
    // The head that an auditor remembers from elsewhere is known to the caller, not to the folder.
    let remembered = fs::read_to_string(case.join("remembered")).ok();
    let signed_size = remembered.map_or(0, |note| note.lines().nth(1).unwrap().parse().unwrap());
    let answer = Journal::open(folder.path(), JournalOptions { signed_size, padding_bytes: 0, ..options() });
    let verdict =
        if expect.contains("\"verdict\"") { stated(&expect, "verdict") } else { "clean".to_owned() };
    match (verdict.as_str(), answer) {
        ("clean" | "incomplete-append", Err(error)) => Some(format!("refused: {error}")),
        ("clean", Ok(journal)) => {
            let lines = journal.opened().lines.to_string();
            (lines != stated(&expect, "lines") || journal.opened().cut.is_some())
                .then(|| format!("{}", journal.opened()))
        }
        ("incomplete-append", Ok(journal)) => {
            let cut = journal.opened().cut.clone()?;
            let stated_first = stated(&expect, "cut").split(',').next().unwrap().to_owned();
            let lines = journal.size().unwrap().to_string();
            (cut.position.to_string() != stated_first || lines != stated(&expect, "lines"))
                .then(|| format!("{cut:?}"))
        }
        (_, Err(error)) => (files(folder.path()) != before).then(|| format!("changed, and refused: {error}")),
        // What needs every line read is the audit's to find; opening then leaves the files as they are.
        (_, Ok(journal)) => {
            drop(journal);
            (files(folder.path()) != before).then(|| "changed".to_owned())
        }
    }
}

#[test]
fn the_formats_ledgers_open_are_cut_exactly_or_stay_untouched() {
    let cases = [vectors("ledgers"), vectors("damaged")].concat();
    assert_eq!(cases.len(), 157);
    let wrong: Vec<_> = cases.iter().filter_map(|case| Some((file_name(case), difference(case)?))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

//! Heads are signed and published in an order in which no fault lets one shrink, fork, or speak of a tile that is not there.

mod shop;

use std::convert::Infallible;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use app::Recorder;
use app::publish::{
    HeadFile, HeadSigner, HeadStore as _, PublishError, Publisher, SignedHead, TileFolder, tree_of_lines,
};
use chain::note::{KeyType, VerifierKey, cosign, open_checkpoint};
use chain::proof::Proof;
use chain::tile::{Level, Tile, entries};
use chain::tiled::TiledTree;
use chain::tree::verify_inclusion;
use domain::ledger::Submission;
use ed25519_dalek::SigningKey;
use events::{LedgerRestored, LogKeyChanged};
use projections::ReadModel;
use shop::{OFFICE, all_lines, evidence, loaded, opened, second, submission};
use store::disk::{Cut, Disk as _, Effect, Fault, SimDisk};
use store::{EventLog, MemoryLog};

const ORIGIN: &str = "demo.example/ledger";
const LEDGER: &str = "/ledger";

/// A signing key made from one byte; the ledger opens with that of 7.
struct Key(SigningKey, VerifierKey);

impl Key {
    fn of(seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let verifier = VerifierKey::of(ORIGIN, KeyType::Ed25519, &key).unwrap();
        Self(key, verifier)
    }
}

impl HeadSigner for Key {
    fn key(&self) -> &VerifierKey {
        &self.1
    }

    fn sign(&self, text: &str) -> String {
        chain::note::sign(ORIGIN, &self.0, text).unwrap()
    }
}

/// A ledger's lines, and what they were read into.
struct Book {
    log: Arc<dyn EventLog>,
    model: ReadModel,
}

impl Book {
    fn opened() -> Self {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
        let model = opened(&log);
        Self { log, model }
    }

    /// The first lines of another one.
    fn copy_of(other: &Self, lines: usize) -> Self {
        let log = MemoryLog::new();
        let all = all_lines(&*other.log);
        let first: Vec<&[u8]> = all[..lines].iter().map(Vec::as_slice).collect();
        log.append(0, &first).unwrap();
        let model = loaded(&log);
        Self { log: Arc::new(log), model }
    }

    fn record(&mut self, submission: Submission, at: i64) {
        let mut recorder = Recorder::new(Arc::clone(&self.log), self.model.clone());
        recorder.record(submission, second(at)).unwrap();
        self.model = recorder.into_model();
    }

    fn size(&self) -> u64 {
        self.model.size()
    }
}

fn machine() -> SimDisk {
    let disk = SimDisk::new();
    disk.create_dir(Path::new(LEDGER)).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    disk
}

fn heads(disk: &SimDisk) -> HeadFile<SimDisk> {
    HeadFile::on(disk.clone(), "/ledger.head")
}

fn publisher(disk: &SimDisk) -> Publisher<HeadFile<SimDisk>, SimDisk> {
    Publisher::on(disk.clone(), Path::new(LEDGER), heads(disk))
}

/// The whole way, with the key of this seed.
fn publish(disk: &SimDisk, book: &Book, seed: u8) -> Result<SignedHead, PublishError> {
    let publisher = publisher(disk);
    let unpublished = publisher.sign(&*book.log, &book.model, &Key::of(seed))?.expect("a ledger with lines");
    publisher.publish(&unpublished)?;
    Ok(unpublished.signed().clone())
}

fn published(disk: &SimDisk) -> SignedHead {
    publisher(disk).published().unwrap().expect("a head is published")
}

/// Asserts that every tile of a head is on the disk and leads to it.
fn assert_tiles(disk: &SimDisk, signed: &SignedHead, book: &Book) {
    let tiles = TileFolder::on(disk.clone(), LEDGER);
    let read = |tile: Tile| -> Result<_, Infallible> {
        Ok(tiles.read(tile).unwrap().unwrap_or_else(|| panic!("{} is missing", tile.path())))
    };
    let mut tree = TiledTree::new(signed.head.size, read);
    assert_eq!(tree.root(), Ok(signed.head.root));
    for (index, line) in (0..signed.head.size).zip(all_lines(&*book.log)).step_by(37) {
        let proof = tree.inclusion_proof(index).unwrap().unwrap();
        let leaf = chain::hash::leaf_hash(&line);
        assert!(verify_inclusion(leaf, index, signed.head.size, &proof, signed.head.root), "{index}");
    }
}

/// Two stages of one ledger, the later one with tiles that became full.
fn two_stages() -> (Book, Book) {
    let mut book = Book::opened();
    let early = Book::copy_of(&book, usize::try_from(book.size()).unwrap());
    book.record(evidence(10, 300), 10);
    assert!(early.size() / 256 < book.size() / 256, "a tile becomes full");
    (early, book)
}

#[test]
fn a_published_head_verifies_and_so_does_every_line_under_it() {
    let (disk, book) = (machine(), Book::opened());
    let signed = publish(&disk, &book, 7).unwrap();
    assert_eq!(open_checkpoint(signed.note.as_bytes(), Key::of(7).key()).unwrap().0, signed.head);
    assert_eq!((signed.head.size, published(&disk)), (book.size(), signed.clone()));
    assert_eq!(heads(&disk).latest().unwrap().as_ref(), Some(&signed));
    assert_tiles(&disk, &signed, &book);

    let policy = format!("log {}\nquorum none\n", Key::of(7).key()).parse().unwrap();
    let tiles = TileFolder::on(disk.clone(), LEDGER);
    let hashes = tiles.tree(&*book.log, book.size()).inclusion_proof(300).unwrap().unwrap();
    let proof = Proof { extra: None, index: 300, hashes, note: signed.note.into_bytes() };
    let line = &all_lines(&*book.log)[300];
    assert_eq!(Proof::parse(&proof.to_bytes()).unwrap().verify(line, &policy).unwrap(), signed.head);
}

#[test]
fn any_fault_on_the_way_leaves_the_head_before_or_the_new_one_and_the_next_run_completes_it() {
    let (early, late) = two_stages();
    let clean = machine();
    publish(&clean, &early, 7).unwrap();
    let first = clean.operations();
    publish(&clean, &late, 7).unwrap();
    let operations = clean.operations();
    assert!(operations - first > 30, "{first} to {operations}");
    for operation in first..operations {
        for effect in [Effect::Lost, Effect::Persisted] {
            for cut in [None, Some(Cut::Nothing), Some(Cut::Everything), Some(Cut::Some(operation))] {
                let case = format!("operation {operation} {effect:?} {cut:?}");
                let disk = machine();
                let before = publish(&disk, &early, 7).unwrap();
                // The same step fails once more in the second run.
                for attempt in 0..2 {
                    let operation = disk.operations() + operation - first;
                    disk.fail(Fault { operation, effect, error: ErrorKind::Other });
                    let outcome = publish(&disk, &late, 7);
                    disk.heal();
                    if let Some(cut) = cut {
                        disk.crash(cut);
                    }
                    let (stored, head) = (heads(&disk).latest().unwrap().unwrap(), published(&disk));
                    assert!(before.head.size <= head.head.size, "{case}");
                    assert!(head.head.size <= stored.head.size, "{case}: published before it was stored");
                    // Without a cut, what the machine shows may not be durable yet, but it is whole.
                    assert_tiles(&disk, &head, &late);
                    if outcome.is_ok() {
                        assert_eq!(head.head.size, late.size(), "{case}, attempt {attempt}");
                    }
                    publisher(&disk).check(&*late.log, &late.model).unwrap();
                }
                let signed = publish(&disk, &late, 7).unwrap();
                disk.crash(Cut::Nothing);
                assert_eq!(published(&disk), signed, "{case}");
                assert_eq!(heads(&disk).latest().unwrap(), Some(signed.clone()), "{case}");
                assert_tiles(&disk, &signed, &late);
            }
        }
    }
}

#[test]
fn any_fault_on_the_way_to_the_first_head_leaves_none_or_a_whole_one() {
    let book = Book::opened();
    let clean = machine();
    let first = clean.operations();
    let expected = publish(&clean, &book, 7).unwrap();
    for operation in first..clean.operations() {
        for effect in [Effect::Lost, Effect::Persisted] {
            for cut in [Cut::Nothing, Cut::Everything, Cut::Some(operation), Cut::Some(operation + 77)] {
                let disk = machine();
                disk.fail(Fault { operation, effect, error: ErrorKind::Other });
                drop(publish(&disk, &book, 7));
                disk.heal();
                disk.crash(cut);
                if let Some(head) = publisher(&disk).published().unwrap() {
                    assert_eq!(heads(&disk).latest().unwrap().as_ref(), Some(&head));
                    assert_tiles(&disk, &head, &book);
                }
                assert_eq!(publish(&disk, &book, 7).unwrap(), expected);
                disk.crash(Cut::Nothing);
                assert_eq!(published(&disk), expected, "operation {operation} {effect:?} {cut:?}");
                assert_tiles(&disk, &expected, &book);
            }
        }
    }
}

#[test]
fn a_full_disk_leaves_the_head_before() {
    let (early, late) = two_stages();
    let disk = machine();
    let before = publish(&disk, &early, 7).unwrap();
    let used: usize = 30_000;
    for room in (0..used as u64).step_by(997) {
        disk.set_room(Some(room));
        if let Err(error) = publish(&disk, &late, 7) {
            assert!(error.to_string().contains("磁盘空间不足"), "{error}");
            assert_eq!(published(&disk), before);
            assert_tiles(&disk, &before, &late);
        }
    }
    disk.set_room(None);
    let signed = publish(&disk, &late, 7).unwrap();
    assert_tiles(&disk, &signed, &late);
}

#[test]
fn partial_tiles_go_when_their_full_tile_is_there_and_full_tiles_stay_as_they_are() {
    let (early, late) = two_stages();
    let disk = machine();
    publish(&disk, &early, 7).unwrap();
    let full = Path::new("/ledger/tile/0/001");
    let partial = format!("/ledger/tile/0/002.p/{}", early.size() % 256);
    let bytes = disk.contents(full).unwrap();
    assert!(disk.contents(Path::new(&partial)).is_some());
    publish(&disk, &late, 7).unwrap();
    assert_eq!(disk.contents(full), Some(bytes));
    assert_eq!(disk.contents(Path::new(&partial)), None);
    assert!(disk.contents(Path::new("/ledger/tile/0/002")).is_some());
}

#[test]
fn missing_and_damaged_tiles_are_made_again_from_the_lines() {
    let (_, book) = two_stages();
    let disk = machine();
    let signed = publish(&disk, &book, 7).unwrap();
    let tiles = TileFolder::on(disk.clone(), LEDGER);
    let root = |disk_root: &TileFolder<SimDisk>| disk_root.tree(&*book.log, book.size()).root().unwrap();
    for path in ["/ledger/tile/0/001", "/ledger/tile/1/000.p/3"] {
        let whole = disk.contents(Path::new(path)).unwrap_or_else(|| panic!("{path}"));
        disk.take(Path::new(path));
        assert_eq!(root(&tiles), signed.head.root, "{path} is missing");
        let mut damaged = whole.clone();
        damaged[5] ^= 1;
        disk.put(Path::new(path), &damaged);
        assert_eq!(tree_of_lines(&*book.log, book.size()).root().unwrap(), signed.head.root);
        publisher(&disk).rebuild_tiles(&*book.log).unwrap();
        assert_eq!(disk.contents(Path::new(path)), Some(whole), "{path}");
    }
    assert_tiles(&disk, &signed, &book);
}

#[test]
fn entry_bundles_are_written_on_request_and_partial_ones_go_when_they_are_full() {
    let (early, late) = two_stages();
    let disk = machine();
    assert_eq!(publisher(&disk).write_entries(&*early.log).unwrap(), 0, "no head is published");
    let bundle = |index: u64, width: u64| {
        let width = u16::try_from(width).unwrap();
        disk.contents(Path::new(LEDGER).join(Tile { level: Level::Entries, index, width }.path()).as_path())
    };
    for book in [&early, &late] {
        publish(&disk, book, 7).unwrap();
        assert_eq!(publisher(&disk).write_entries(&*book.log).unwrap(), book.size().div_ceil(256));
        for (index, lines) in (0..).zip(all_lines(&*book.log).chunks(256)) {
            let bytes = bundle(index, lines.len() as u64).expect("a bundle");
            assert_eq!(entries(&bytes).unwrap(), lines);
        }
    }
    assert_eq!(bundle(early.size() / 256, early.size() % 256), None, "its full bundle is there");
}

#[test]
fn tiles_that_were_all_lost_are_back_with_the_next_head() {
    let (early, late) = two_stages();
    let disk = machine();
    publish(&disk, &early, 7).unwrap();
    let kept = disk.contents(Path::new("/ledger.head")).unwrap();
    let note = disk.contents(Path::new("/ledger/checkpoint")).unwrap();
    let bare = machine();
    bare.put(Path::new("/ledger.head"), &kept);
    bare.put(Path::new("/ledger/checkpoint"), &note);
    let signed = publish(&bare, &late, 7).unwrap();
    assert_tiles(&bare, &signed, &late);
}

#[test]
fn a_witness_s_signature_stays_where_the_same_head_is_published_again() {
    let (disk, book) = (machine(), Book::opened());
    let signed = publisher(&disk).sign(&*book.log, &book.model, &Key::of(7)).unwrap().unwrap();
    let text = signed.signed().head.text();
    let witness = cosign("w1.example", &SigningKey::from_bytes(&[9; 32]), &text, 1_700_000_000).unwrap();
    let cosigned = signed.with_signatures([witness.as_str()]);
    publisher(&disk).publish(&cosigned).unwrap();
    publish(&disk, &book, 7).unwrap();
    assert_eq!(published(&disk), *cosigned.signed());
}

#[test]
fn an_older_copy_is_noticed_and_so_is_another_ledger_of_the_same_length() {
    let (early, late) = two_stages();
    let disk = machine();
    publish(&disk, &late, 7).unwrap();
    let note = disk.contents(Path::new("/ledger/checkpoint")).unwrap();
    disk.take(Path::new("/ledger/checkpoint"));
    let lost = |book: &Book| match publisher(&disk).check(&*book.log, &book.model) {
        Err(PublishError::Lost(lost)) => lost.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(lost(&early).contains(&format!("只有 {} 行", early.size())));
    assert!(lost(&early).contains("progress-ledger restore"));
    assert!(matches!(publish(&disk, &early, 7), Err(PublishError::Lost(_))), "nothing is signed either");

    let mut other = Book::copy_of(&early, usize::try_from(early.size()).unwrap());
    other.record(evidence(11, 300), 10);
    assert_eq!(other.size(), late.size());
    assert!(lost(&other).contains("不是同样的内容"));

    disk.put(Path::new("/ledger/checkpoint"), &note);
    publisher(&disk).check(&*late.log, &late.model).unwrap();
}

/// Says that a head was lost, and that the ledger goes on with the key of this seed.
fn restored(lost: &SignedHead, seed: u8) -> Submission {
    let restored =
        LedgerRestored { lost_head: lost.note.clone(), reason: "演练：恢复旧备份".to_owned() };
    let changed = LogKeyChanged { log_key: Key::of(seed).key().to_string() };
    submission(90, OFFICE, vec![restored.into(), changed.into()])
}

#[test]
fn an_older_copy_goes_on_once_the_ledger_says_so_with_a_key_of_its_own() {
    let (mut early, late) = two_stages();
    let disk = machine();
    publish(&disk, &early, 7).unwrap();
    let old_note = disk.contents(Path::new("/ledger/checkpoint")).unwrap();
    let lost = publish(&disk, &late, 7).unwrap();
    disk.put(Path::new("/ledger/checkpoint"), &old_note);

    early.record(restored(&lost, 8), 20);
    publisher(&disk).check(&*early.log, &early.model).unwrap();
    assert!(matches!(publish(&disk, &early, 7), Err(PublishError::WrongKey { .. })));
    let signed = publish(&disk, &early, 8).unwrap();
    assert!(signed.head.size < lost.head.size, "the new branch is shorter than the head that was lost");
    assert_eq!(heads(&disk).latest().unwrap(), Some(signed.clone()));
    assert_tiles(&disk, &signed, &early);

    // The lost branch is now the one that is refused.
    assert!(matches!(publisher(&disk).check(&*late.log, &late.model), Err(PublishError::Lost(_))));
}

#[test]
fn a_restoration_is_refused_without_a_new_key_for_another_ledger_or_twice() {
    let (early, late) = two_stages();
    let lost = publish(&machine(), &late, 7).unwrap();
    let reasons = |events: Vec<events::Event>, book: &Book| -> Vec<String> {
        let mut recorder = Recorder::new(Arc::clone(&book.log), book.model.clone());
        let error = recorder.record(submission(91, OFFICE, events), second(30)).unwrap_err();
        let app::SubmitError::Rejected(rejection) = error else { panic!("{error}") };
        rejection.0.iter().map(|problem| problem.kind.to_string()).collect()
    };
    let says = |lost_head: &str| {
        LedgerRestored { lost_head: lost_head.to_owned(), reason: "演练".to_owned() }.into()
    };
    let key = |seed: u8| LogKeyChanged { log_key: Key::of(seed).key().to_string() }.into();
    assert!(reasons(vec![says(&lost.note)], &early)[0].contains("更换账本头密钥"));
    assert!(reasons(vec![says(&lost.note), key(7)], &early)[0].contains("已经登记"), "the old key");
    assert!(reasons(vec![says("没有"), key(8)], &early)[0].contains("不是签名的账本头"));
    let stranger = lost.note.replacen(ORIGIN, "other.example", 1);
    assert!(reasons(vec![says(&stranger), key(8)], &early)[0].contains("属于另一个账本"));
    let mut twice = early;
    twice.record(restored(&lost, 8), 20);
    assert!(reasons(vec![says(&lost.note), key(9)], &twice)[0].contains("已经记为失去"));
}

#[test]
fn a_new_key_signs_heads_that_count_the_line_which_names_it() {
    let (disk, mut book) = (machine(), Book::opened());
    let before = publish(&disk, &book, 7).unwrap();
    let changed = LogKeyChanged { log_key: Key::of(8).key().to_string() }.into();
    book.record(submission(92, OFFICE, vec![changed]), 10);
    let error = publish(&disk, &book, 7).unwrap_err();
    assert!(error.to_string().contains("不是这个账本现在的密钥"), "{error}");
    assert_eq!(published(&disk), before);
    let signed = publish(&disk, &book, 8).unwrap();
    assert!(open_checkpoint(signed.note.as_bytes(), Key::of(8).key()).is_ok());
    let registry = book.model.ledger().book().registry();
    let key = |size: u64| registry.log_key(size).unwrap().to_owned();
    assert_eq!(key(before.head.size), Key::of(7).key().to_string());
    assert_eq!(key(signed.head.size), Key::of(8).key().to_string());
}

#[test]
fn lines_that_read_back_differently_are_not_signed() {
    let (early, late) = two_stages();
    let disk = machine();
    let before = publish(&disk, &early, 7).unwrap();
    let mut other = Book::copy_of(&early, usize::try_from(early.size()).unwrap());
    other.record(evidence(11, 300), 10);
    let torn = Book { log: other.log, model: late.model };
    assert!(matches!(publish(&disk, &torn, 7), Err(PublishError::Reread { .. })));
    assert_eq!((published(&disk), heads(&disk).latest().unwrap()), (before.clone(), Some(before)));
}

#[test]
fn a_head_that_somebody_else_stored_is_not_overwritten() {
    let (early, late) = two_stages();
    let disk = machine();
    let first = publish(&disk, &early, 7).unwrap();
    let second = publish(&disk, &late, 7).unwrap();
    for expected in [None, Some(&first)] {
        assert!(matches!(heads(&disk).advance(expected, &first), Err(PublishError::Moved { .. })));
    }
    assert_eq!(heads(&disk).latest().unwrap(), Some(second));
}

#[test]
fn a_published_head_is_not_followed_by_a_smaller_one() {
    let (early, late) = two_stages();
    let disk = machine();
    let slow = publisher(&disk).sign(&*early.log, &early.model, &Key::of(7)).unwrap().unwrap();
    let second = publish(&disk, &late, 7).unwrap();
    assert!(matches!(publisher(&disk).publish(&slow), Err(PublishError::Lost(_))));
    assert_eq!(published(&disk), second);
}

#[test]
fn a_head_that_is_due_is_signed_while_lines_are_appended_and_only_after_the_head_before() {
    let (early, late) = two_stages();
    let disk = machine();
    let due = publisher(&disk).due(&*early.log, &early.model).unwrap().unwrap();
    assert_eq!(due.size(), early.model.size());
    // The log has gone on: what is signed is what fell due.
    let signed = publisher(&disk).sign_due(&*late.log, &due, &Key::of(7)).unwrap();
    assert_eq!(signed.signed().head.size, early.model.size());
    publisher(&disk).publish(&signed).unwrap();

    let slow = publisher(&disk).due(&*late.log, &late.model).unwrap().unwrap();
    let quick = publish(&disk, &late, 7).unwrap();
    let moved = publisher(&disk).sign_due(&*late.log, &slow, &Key::of(7));
    assert!(matches!(moved, Err(PublishError::Moved { .. })), "{moved:?}");
    assert_eq!(published(&disk), quick);
}

#[test]
fn what_is_no_head_is_named_and_left_alone() {
    let (disk, book) = (machine(), Book::opened());
    disk.put(Path::new("/ledger.head"), b"not a head\n");
    let error = publish(&disk, &book, 7).unwrap_err();
    assert!(error.to_string().contains("/ledger.head 不是可读的账本头"), "{error}");
    assert_eq!(disk.contents(Path::new("/ledger.head")).unwrap(), b"not a head\n");
}

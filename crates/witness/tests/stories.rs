//! What a log, a forger, a crash and a damaged disk get from a witness.

mod common;

use std::fs;

use chain::note::{Note, encode_base64};
use witness::memory::MemoryError;
use witness::{Refusal, Unable};

use common::{Log, ORIGIN, Post, TIME_S, body};

#[test]
fn a_log_is_cosigned_from_its_first_head_on() {
    let (log, post) = (Log::new(9), Post::new());
    let witness = post.open();
    for (old, size) in [(0, 3), (3, 3), (3, 4), (4, 9)] {
        let line =
            witness.add_checkpoint(&log.request(old, size), TIME_S).expect("it continues the last head");
        let cosigned = Note::parse(format!("{}{line}", log.note(size)).as_bytes()).unwrap();
        assert_eq!(cosigned.signed_by(witness.verifier()), Ok(true), "{old} to {size}");
        assert_eq!(witness.remembered().unwrap(), [(ORIGIN.to_owned(), size)]);
    }
}

#[test]
fn the_cosignature_is_of_the_time_that_was_given() {
    let (log, post) = (Log::new(1), Post::new());
    let line = post.open().add_checkpoint(&log.request(0, 1), TIME_S).unwrap();
    let note = Note::parse(format!("{}{line}", log.note(1)).as_bytes()).unwrap();
    assert_eq!(note.signatures[1].bytes[..8], TIME_S.to_be_bytes());
}

#[test]
fn a_stale_old_size_is_told_the_size_to_start_from() {
    let (log, post) = (Log::new(9), Post::new());
    let witness = post.open();
    witness.add_checkpoint(&log.request(0, 5), TIME_S).unwrap();
    for (old, size) in [(0, 9), (4, 9), (6, 9), (0, 5), (2, 3)] {
        assert_eq!(post.refusal(&witness, &log.request(old, size)), Refusal::OtherSize { latest: 5 });
    }
    assert_eq!(post.refusal(&witness, &log.request_with(9, 8, &[])), Refusal::Backwards);
    witness.add_checkpoint(&log.request(5, 9), TIME_S).expect("nothing has changed");
}

#[test]
fn a_wrong_proof_is_refused() {
    let (log, post) = (Log::new(9), Post::new());
    let witness = post.open();
    let proof = log.proof(5, 9);
    assert_eq!(
        post.refusal(&witness, &log.request_with(0, 5, &proof)),
        Refusal::Inconsistent,
        "from nothing"
    );
    witness.add_checkpoint(&log.request(0, 5), TIME_S).unwrap();
    assert_eq!(post.refusal(&witness, &log.request_with(5, 9, &[])), Refusal::Inconsistent, "no proof");
    assert_eq!(post.refusal(&witness, &log.request_with(5, 9, &proof[1..])), Refusal::Inconsistent, "cut");
    let doubled = [proof.as_slice(), &proof[..1]].concat();
    assert_eq!(post.refusal(&witness, &log.request_with(5, 9, &doubled)), Refusal::Inconsistent, "longer");
    assert_eq!(post.refusal(&witness, &log.request_with(5, 5, &proof)), Refusal::Inconsistent, "of one size");
    for at in 0..proof.len() {
        let mut other = proof.clone();
        other[at].0[7] ^= 1;
        assert_eq!(
            post.refusal(&witness, &log.request_with(5, 9, &other)),
            Refusal::Inconsistent,
            "hash {at}"
        );
    }
}

#[test]
fn a_fork_is_refused_and_its_first_head_is_kept_as_evidence() {
    let (log, post) = (Log::new(9), Post::new());
    let forked = log.rewritten_at(2);
    let witness = post.open();
    witness.add_checkpoint(&log.request(0, 5), TIME_S).unwrap();

    // The larger tree of another history has no proof from this one.
    assert_eq!(post.refusal(&witness, &forked.request(5, 9)), Refusal::Inconsistent);
    assert_eq!(post.evidence(), None, "a proof that is wrong may be anybody's");

    // Equal size, other root, both signed by the log: that proves it.
    assert_eq!(post.refusal(&witness, &forked.request(5, 5)), Refusal::Fork { latest: 5 });
    assert_eq!(post.evidence(), Some(forked.note(5)));
    let third = log.rewritten_at(3);
    assert_eq!(
        post.refusal(&witness, &third.request(0, 5)),
        Refusal::Fork { latest: 5 },
        "whatever the old size"
    );
    assert_eq!(post.evidence(), Some(forked.note(5)), "the first is kept");
    witness.add_checkpoint(&log.request(5, 9), TIME_S).expect("the history it knows goes on");
}

#[test]
fn a_rewritten_empty_log_is_a_fork_of_nothing() {
    let (log, post) = (Log::new(1), Post::new());
    let witness = post.open();
    let empty = format!("{ORIGIN}\n0\n{}\n", encode_base64(&[7; 32]));
    let request = body(0, &[], &log.signed(&empty));
    assert_eq!(post.refusal(&witness, &request), Refusal::Fork { latest: 0 });
    witness.add_checkpoint(&log.request(0, 0), TIME_S).expect("the empty tree has one root");
    witness.add_checkpoint(&log.request(0, 1), TIME_S).unwrap();
}

#[test]
fn an_unknown_origin_is_refused_before_its_signature() {
    let (log, post) = (Log::new(2), Post::new());
    let text = log.text(2).replace(ORIGIN, "elsewhere.example/ledger");
    let request = body(0, &[], &log.signed(&text));
    assert_eq!(post.refusal(&post.open(), &request), Refusal::UnknownOrigin);
}

#[test]
fn a_bad_signature_is_refused_and_a_strangers_is_ignored() {
    let (log, post) = (Log::new(2), Post::new());
    let witness = post.open();
    let stranger = log.with_key(9).note(2);
    assert_eq!(post.refusal(&witness, &body(0, &[], &stranger)), Refusal::NotSigned);
    let over_another_size = log.note(2).replace("\n2\n", "\n3\n");
    assert_eq!(post.refusal(&witness, &body(0, &[], &over_another_size)), Refusal::NotSigned);
    let strangers_line = stranger.lines().last().unwrap();
    let both = format!("{}{strangers_line}\n", log.note(2));
    witness.add_checkpoint(&body(0, &[], &both), TIME_S).expect("the log signed, whoever else did");
}

#[test]
fn lines_that_extend_a_head_are_cosigned_with_it() {
    let (log, post) = (Log::new(2), Post::new());
    let witness = post.open();
    let note = log.signed(&format!("{}an extension\n", log.text(2)));
    let line = witness.add_checkpoint(&body(0, &[], &note), TIME_S).unwrap();
    let cosigned = Note::parse(format!("{note}{line}").as_bytes()).unwrap();
    assert_eq!(cosigned.signed_by(witness.verifier()), Ok(true));
    witness.add_checkpoint(&log.request(2, 2), TIME_S).expect("what is remembered is origin, size and root");
}

#[test]
fn what_is_no_request_is_refused_with_its_reason() {
    let (log, post) = (Log::new(3), Post::new());
    let witness = post.open();
    let note = log.note(3);
    let hash = encode_base64(&[1; 32]);
    for (request, reason) in [
        (String::new(), "空行之后"),
        (format!("old 0\n{note}"), "32 字节哈希"),
        (format!("old 00\n\n{note}"), "第一行"),
        (format!("old +1\n\n{note}"), "第一行"),
        (format!("old -1\n\n{note}"), "第一行"),
        (format!("old 99999999999999999999\n\n{note}"), "第一行"),
        (format!("0\n\n{note}"), "第一行"),
        (format!("old 0\r\n\n{note}"), "第一行"),
        (format!("old 1\n{}\n{note}", format!("{hash}\n").repeat(64)), "超过 63 行"),
        (format!("old 1\n{hash} \n\n{note}"), "32 字节哈希"),
        (format!("old 1\nAAAA\n\n{note}"), "32 字节哈希"),
        (format!("old 0\n\n{}", log.text(3)), "空行之后"),
        (format!("old 0\n\n{}", log.signed("only an origin\n")), "账本名"),
        (format!("old 0\n\n{}", log.signed(&format!("{}\n\n", log.text(3)))), "账本名"),
    ] {
        let refused = witness.add_checkpoint(request.as_bytes(), TIME_S).unwrap_err();
        assert!(matches!(refused, Unable::Refused(Refusal::Malformed(_))), "{request}: {refused}");
        assert!(refused.to_string().contains(reason), "{request}: {refused}");
    }
    assert!(witness.add_checkpoint(b"old 0\n\n\xff", TIME_S).is_err());
}

#[test]
fn of_requests_at_once_exactly_one_wins() {
    let (log, post) = (Log::new(40), Post::new());
    let witness = post.open();
    witness.add_checkpoint(&log.request(0, 8), TIME_S).unwrap();
    let answers: Vec<Result<String, Unable>> = std::thread::scope(|scope| {
        let ask = |size| {
            scope.spawn({
                let (witness, log) = (&witness, &log);
                move || witness.add_checkpoint(&log.request(8, size), TIME_S)
            })
        };
        let asking: Vec<_> = (9..=24).map(ask).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let won: Vec<u64> =
        (9..=24).zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|(size, _)| size).collect();
    let [size] = won.as_slice() else { panic!("{won:?} won") };
    assert_eq!(witness.remembered().unwrap(), [(ORIGIN.to_owned(), *size)]);
    for answer in answers.into_iter().filter_map(Result::err) {
        assert!(
            matches!(answer, Unable::Refused(Refusal::OtherSize { latest }) if latest == *size),
            "the others learn where to start: {answer}"
        );
    }
}

#[test]
fn killed_between_remembering_and_answering_the_log_asks_again() {
    let (log, post) = (Log::new(9), Post::new());
    let lost = {
        let witness = post.open();
        witness.add_checkpoint(&log.request(0, 5), TIME_S).unwrap();
        witness.add_checkpoint(&log.request(5, 8), TIME_S).unwrap()
    };
    // The answer never arrived: the log still believes in 5.
    let witness = post.open();
    assert_eq!(post.refusal(&witness, &log.request(5, 9)), Refusal::OtherSize { latest: 8 });
    let again = witness.add_checkpoint(&log.request(8, 8), TIME_S).expect("the same head");
    assert_eq!(again, lost, "Ed25519 signs the same bytes alike");
}

#[test]
fn killed_while_remembering_the_last_note_stands() {
    let (log, post) = (Log::new(9), Post::new());
    post.open().add_checkpoint(&log.request(0, 5), TIME_S).unwrap();
    let file = post.note_file();
    fs::write(file.with_extension("new"), "yingtan.example/led").unwrap();
    let witness = post.open();
    assert_eq!(witness.remembered().unwrap(), [(ORIGIN.to_owned(), 5)]);
    witness.add_checkpoint(&log.request(5, 9), TIME_S).expect("half a file is in nobody's way");
}

#[test]
fn a_note_that_could_not_be_remembered_is_not_cosigned() {
    let (log, post) = (Log::new(9), Post::new());
    let witness = post.open();
    witness.add_checkpoint(&log.request(0, 5), TIME_S).unwrap();
    // A folder in the place of the file that is written first: writing fails, for root too.
    let blocked = post.note_file().with_extension("new");
    fs::create_dir(&blocked).unwrap();
    let failed = witness.add_checkpoint(&log.request(5, 9), TIME_S).unwrap_err();
    assert!(matches!(failed, Unable::Memory(MemoryError::Io { .. })), "{failed}");
    fs::remove_dir(&blocked).unwrap();
    witness.add_checkpoint(&log.request(5, 8), TIME_S).expect("5 is still the last");
}

#[test]
fn whatever_byte_of_the_memory_is_damaged_it_is_refused() {
    let (log, post) = (Log::new(9), Post::new());
    post.open().add_checkpoint(&log.request(0, 5), TIME_S).unwrap();
    let file = post.note_file();
    let whole = fs::read(&file).unwrap();
    let witness = post.open();
    let own_line = String::from_utf8_lossy(&whole).rfind('\u{2014}').unwrap();
    let covered = log.text(5).len();
    // The log's own line in between proves nothing the witness relies on.
    for at in (0..covered).chain(own_line..whole.len()) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&file, damaged).unwrap();
        let refused = witness.add_checkpoint(&log.request(5, 9), TIME_S).unwrap_err();
        assert!(matches!(refused, Unable::Memory(MemoryError::Damaged(_))), "byte {at}: {refused}");
    }
    for cut in 0..whole.len() {
        fs::write(&file, &whole[..cut]).unwrap();
        assert!(matches!(witness.remembered(), Err(MemoryError::Damaged(_))), "cut to {cut}");
    }
    fs::write(&file, &whole).unwrap();
    witness.add_checkpoint(&log.request(5, 9), TIME_S).expect("whole again");
}

#[test]
fn a_folder_serves_one_witness_and_one_key() {
    let (log, post) = (Log::new(5), Post::new());
    let first = post.open();
    first.add_checkpoint(&log.request(0, 5), TIME_S).unwrap();
    assert!(matches!(post.memory(1), Err(MemoryError::InUse(_))));
    drop(first);
    let other = post.memory(2).unwrap();
    assert!(matches!(other.latest(ORIGIN), Err(MemoryError::Damaged(_))), "another witness's memory");
    assert_eq!(other.latest("elsewhere.example").unwrap().size, 0);
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let post = Post::new();
    fs::remove_dir(post.folder()).unwrap();
    assert!(matches!(post.memory(1), Err(MemoryError::Io { .. })));
    assert!(!post.folder().exists());
}

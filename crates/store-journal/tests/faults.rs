//! Every operation on the disk fails once, each way, and then again inside the recovery.

use std::io::ErrorKind;
use std::path::Path;

use store::contract::{Scribe, Trial, Witness, borrowed};
use store::disk::{Cut, Effect, Fault, SimDisk};
use store::{EventLog, Result, StoreError};
use store_journal::{Filling, Journal, JournalOptions};

const LEDGER: &str = "/ledger";

/// Segments of a few appends, so that a short script seals.
fn open(disk: &SimDisk) -> Result<Journal<SimDisk>> {
    let options = JournalOptions {
        segment_bytes: 3 << 10,
        padding_bytes: 1 << 10,
        filling: Filling::Inline,
        ..JournalOptions::default()
    };
    Journal::open_on(disk.clone(), Path::new(LEDGER), options)
}

/// Opens, appends across two seals, compresses, opens again and goes on; an error ends a session, not the script.
fn script(disk: &SimDisk, witness: &mut Witness) {
    for session in 0..2 {
        let Ok(log) = open(disk) else { continue };
        witness.check(&log);
        for count in [1, 3, 2] {
            // What an error means is the witness's to judge, in what is there afterwards.
            let _ = witness.append(&log, count);
        }
        if session == 0 {
            let _ = log.compress(&mut |_, _| {});
        }
    }
}

fn trial(error: ErrorKind) -> Trial<'static, Journal<SimDisk>> {
    Trial { open: &open, script: &script, error }
}

#[test]
fn one_full_disk_anywhere_loses_nothing() {
    assert!(trial(ErrorKind::StorageFull).one_fault() > 500);
}

#[test]
fn one_failing_operation_anywhere_loses_nothing() {
    assert!(trial(ErrorKind::Other).one_fault() > 500);
}

#[test]
fn a_second_full_disk_within_recovery_loses_nothing() {
    assert!(trial(ErrorKind::StorageFull).two_faults() > 1000);
}

#[test]
fn a_second_failing_operation_within_recovery_loses_nothing() {
    assert!(trial(ErrorKind::Other).two_faults() > 1000);
}

#[test]
fn a_full_disk_refuses_by_name_and_goes_on_once_there_is_room() {
    let disk = SimDisk::new();
    let log = open(&disk).unwrap();
    let mut witness = Witness::default();
    witness.append(&log, 2).unwrap();
    disk.set_room(Some(2 << 10));
    let full = loop {
        if let Err(error) = witness.append(&log, 1) {
            break error;
        }
    };
    assert!(matches!(full, StoreError::Full { .. }), "{full:?}");
    assert!(full.to_string().contains("磁盘空间不足"), "{full}");
    witness.check(&log);
    disk.set_room(None);
    witness.append(&log, 2).unwrap();
    witness.check(&log);
}

#[test]
fn a_failed_flush_is_an_open_question_until_it_is_settled() {
    let disk = SimDisk::new();
    let log = open(&disk).unwrap();
    let mut scribe = Scribe::new();
    log.append(0, &borrowed(&scribe.append(1, "确认"))).unwrap();
    let lines = scribe.clone().append(2, "不明");
    // An append within the padding is a write and a flush.
    disk.fail(Fault { operation: disk.operations() + 1, effect: Effect::Lost, error: ErrorKind::Other });
    let unknown = log.append(1, &borrowed(&lines)).unwrap_err();
    assert!(matches!(unknown, StoreError::OutcomeUnknown { position: 1, .. }), "{unknown:?}");
    assert!(matches!(log.append(1, &borrowed(&lines)), Err(StoreError::Unsettled)));
    assert_eq!(log.size().unwrap(), 1, "nobody is shown what is not known to be durable");
    assert_eq!(log.settle().unwrap(), 1);
    assert_eq!(log.append(1, &borrowed(&lines)).unwrap(), 3);
    drop(log);
    disk.crash(Cut::Nothing);
    assert_eq!(open(&disk).unwrap().size().unwrap(), 3);
}

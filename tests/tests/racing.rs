//! Three programs record into one stream at once, and clients send what they submit to more than one of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};
use std::thread;

use app::{ManualClock, Receipt, Recorder, Sequencer};
use chain::Instant;
use chain::note::{KeyType, VerifierKey};
use domain::ledger::Submission;
use events::{Event, EvidenceAttached, LedgerOpened, UnitKind, UnitRegistered};
use projections::ReadModel;
use stand_in::{Options, StandIn};
use store::EventLog;
use store_eventstore::{Address, EventStoreLog, Known, Timing};
use uuid::Uuid;

const PROGRAMS: usize = 3;
/// Submissions that each program is sent first.
const EACH: usize = 25;

/// Seconds after the ledger opened.
fn second(number: i64) -> Instant {
    Instant::from_micros(1_650_000_000_000_000 + number * 1_000_000).unwrap()
}

fn submission(number: usize, events: Vec<Event>) -> Submission {
    let bytes = (number as u128 + 1).to_be_bytes();
    Submission {
        submission: uuid::Builder::from_random_bytes(bytes).into_uuid(),
        unit: "digital-office".parse().unwrap(),
        by: "tester".parse().unwrap(),
        events,
        signature: None,
    }
}

fn opening() -> Submission {
    let origin = "demo.example/racing".to_owned();
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let log_key = VerifierKey::of(&origin, KeyType::Ed25519, &key).unwrap().to_string();
    let (suite, title) = ("pl-1".to_owned(), "演示数据".to_owned());
    let registered = "digital-office".parse().unwrap();
    let (aliases, name) = (vec![], "演示数字办".to_owned());
    submission(
        usize::MAX - 1,
        vec![
            LedgerOpened { log_key, origin, suite, synthetic: true, title }.into(),
            UnitRegistered { aliases, kind: UnitKind::DigitalOffice, name, registered }.into(),
        ],
    )
}

/// Always accepted; of one to three lines.
fn evidence(number: usize) -> Submission {
    let line = |k: usize| {
        let title = format!("演示数据：佐证 {number}/{k}");
        let blake3 = chain::hash::content_hash(title.as_bytes());
        EvidenceAttached { blake3, bytes: 1, figure: None, media_type: "application/pdf".to_owned(), title }
            .into()
    };
    submission(number, (0..=number % 3).map(line).collect())
}

/// A program of its own: its connection, its clock, its state.
fn program(address: &Address, number: usize) -> Sequencer {
    let log = open(address);
    let model = app::load(&*log, None, &mut |_, _| {}).unwrap();
    let clock = ManualClock::new(second(1_000 + i64::try_from(number).unwrap()));
    Sequencer::start(log, model, Arc::new(clock))
}

fn open(address: &Address) -> Arc<dyn EventLog> {
    let log = EventStoreLog::open(address, &Known::default(), Timing::default());
    Arc::new(log.unwrap_or_else(|error| panic!("{error}")))
}

/// Sends a program its own submissions and its neighbour's, the neighbour's while that one has them as well.
fn send(programs: &[Sequencer], own: usize, start: &Barrier) -> Vec<Receipt> {
    let neighbour = (own + 1) % PROGRAMS;
    start.wait();
    let numbers = (0..EACH).flat_map(|k| [own * EACH + k, neighbour * EACH + k]);
    numbers
        .map(|number| programs[own].submit(evidence(number)).unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

#[test]
fn three_programs_on_one_stream_make_one_ledger_with_each_submission_once() {
    let (_server, address) = server();
    let mut recorder = Recorder::new(open(&address), ReadModel::default());
    recorder.record(opening(), second(0)).unwrap();
    let programs: Vec<_> = (0..PROGRAMS).map(|number| program(&address, number)).collect();
    let start = Barrier::new(PROGRAMS);
    let receipts: Vec<Receipt> = thread::scope(|scope| {
        let (programs, start) = (&programs, &start);
        let senders: Vec<_> =
            (0..PROGRAMS).map(|own| scope.spawn(move || send(programs, own, start))).collect();
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    drop(programs);

    // Loading follows the chain: no gap, no double, no line out of place.
    let log = open(&address);
    let model = app::load(&*log, None, &mut |_, _| {}).unwrap();
    let lines: usize = (0..PROGRAMS * EACH).map(|number| number % 3 + 1).sum();
    assert_eq!(model.size(), lines as u64 + 2);
    let mut told: BTreeMap<Uuid, Vec<&Receipt>> = BTreeMap::new();
    receipts.iter().for_each(|receipt| told.entry(receipt.submission).or_default().push(receipt));
    assert_eq!(told.len(), PROGRAMS * EACH);
    for (submission, receipts) in told {
        let recorded = log.read(receipts[0].first, receipts[0].hashes.len()).unwrap();
        let hashes: Vec<_> = recorded.iter().map(|(_, line)| chain::hash::event_hash(line)).collect();
        for receipt in &receipts {
            assert_eq!(
                receipt.hashes, hashes,
                "{submission}: whoever was asked, the receipt is of what stands there"
            );
        }
        // Two programs whose clocks stand alike write the very same lines, and neither can know who was first.
        assert!(receipts.iter().any(|receipt| !receipt.repeated), "{submission}: somebody recorded it");
    }
}

/// A stream of its own on a real server at `LEDGER_TEST_EVENTSTORE`, or on the stand-in, which lives as long as the test.
fn server() -> (Option<StandIn>, Address) {
    let real = std::env::var("LEDGER_TEST_EVENTSTORE").ok();
    let stand_in = real.is_none().then(|| StandIn::start(Options::default()));
    let server = real.or_else(|| stand_in.as_ref().map(StandIn::address)).expect("one of the two");
    let address =
        format!("eventstore+{server}/?stream=racing-{}", Uuid::from_u128(u128::from(std::process::id())));
    (stand_in, address.parse().unwrap())
}

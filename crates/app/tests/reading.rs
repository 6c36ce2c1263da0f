//! Stories of loading, saved states, workers, the three axes and what-ifs.

mod shop;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::{
    AxisError, KnownAt, Latest, LoadError, Question, Reader, Recorder, RulesChoice, SavedStates, WhatIfError,
    Worker, WorkerError, WorkerOptions, load, without,
};
use chain::tree::root_of;
use projections::ReadModel;
use shop::*;
use store::disk::{Cut, Effect, Fault as DiskFault, SimDisk};
use store::{EventLog, MemoryLog};

/// A ledger of a few thousand lines, among them figures and a correction-free year.
fn ledger() -> Arc<dyn EventLog> {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let mut recorder = Recorder::new(Arc::clone(&log), opened(&log));
    for day in 1..=9_u32 {
        let figures = figures(100 + u128::from(day), &format!("2022-04-0{day}"), 0, 400);
        recorder.record(figures, second(60 * 86_400 + i64::from(day))).unwrap();
    }
    log
}

fn copy(log: &dyn EventLog, lines: usize) -> MemoryLog {
    let copy = MemoryLog::new();
    let all = all_lines(log);
    copy.append(0, &all[..lines].iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    copy
}

fn bytes(model: &ReadModel) -> Vec<u8> {
    postcard::to_allocvec(model).unwrap()
}

#[test]
fn loading_gives_the_state_that_recording_left_and_tells_how_far_it_is() {
    let log = ledger();
    let mut told = Vec::new();
    let model = load(&*log, None, &mut |done, total| told.push((done, total))).unwrap();
    let size = log.size().unwrap();
    assert!(size > 4_000, "enough for several batches: {size}");
    assert_eq!((told.first(), told.last()), (Some(&(0, size)), Some(&(size, size))));
    let leaves: Vec<_> = all_lines(&*log).iter().map(|line| chain::hash::leaf_hash(line)).collect();
    assert_eq!(model.tree().root(), root_of(&leaves));
    let part = load(&copy(&*log, 3_000), None, &mut |_, _| {}).unwrap();
    assert_eq!(bytes(&load(&*log, Some(part), &mut |_, _| {}).unwrap()), bytes(&model));
}

#[test]
fn a_line_that_does_not_fit_stops_loading_at_its_position() {
    let log = ledger();
    let all = all_lines(&*log);
    for position in [0_usize, 5, 600, 4_000] {
        for damage in 0..3 {
            let mut lines = all.clone();
            match damage {
                0 => lines[position][0] = b'x',
                1 => {
                    lines[position] =
                        String::from_utf8(lines[position].clone()).unwrap().replace("tester", "taster").into()
                }
                _ => drop(lines.remove(position)),
            }
            let damaged = MemoryLog::new();
            damaged.append(0, &lines.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
            let Err(LoadError::Unfit { position: at, .. }) = load(&damaged, None, &mut |_, _| {}) else {
                panic!("line {position} was damaged");
            };
            // A line that was changed is well-formed; the line after it names another hash.
            assert_eq!(at, position as u64 + u64::from(damage == 1), "damage {damage}");
        }
    }
}

#[test]
fn a_saved_state_comes_back_as_it_was_and_is_read_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let saved = SavedStates::new(folder.path().join("saved"));
    assert!(matches!(saved.latest::<ReadModel>(), Latest::Nothing));
    let log = ledger();
    let model = loaded(&*log);
    saved.save(&model).unwrap();
    let latest = saved.latest::<ReadModel>().into_state().unwrap();
    assert_eq!(bytes(&latest), bytes(&model));
    assert_eq!(latest, model);
}

#[test]
fn a_saved_state_of_another_log_is_not_used() {
    let log = ledger();
    let other: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let mut recorder = Recorder::new(Arc::clone(&other), opened(&other));
    recorder.record(evidence(5, 100), second(61 * 86_400)).unwrap();
    assert_eq!(load(&*log, Some(recorder.into_model()), &mut |_, _| {}).unwrap(), loaded(&*log));
    let short = copy(&*log, 700);
    assert_eq!(
        load(&short, Some(loaded(&*log)), &mut |_, _| {}).unwrap().size(),
        700,
        "the log lost its end"
    );
}

#[test]
fn any_byte_of_a_saved_state_that_differs_has_it_thrown_away() {
    let disk = SimDisk::new();
    let saved = SavedStates::on(disk.clone(), "/saved");
    saved.save(&loaded(&copy(&*ledger(), 12))).unwrap();
    let path = Path::new("/saved/read-model.state");
    let whole = disk.contents(path).unwrap();
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        disk.put(path, &damaged);
        let Latest::Unfit(unfit) = saved.latest::<ReadModel>() else { panic!("byte {place} was changed") };
        assert!(unfit.to_string().contains("重算"));
        disk.put(path, &whole[..place]);
        assert!(saved.latest::<ReadModel>().into_state().is_none(), "cut off at {place}");
    }
    disk.put(path, &whole);
    assert!(saved.latest::<ReadModel>().into_state().is_some());
}

#[test]
fn a_save_killed_at_any_point_leaves_the_state_before_or_the_new_one() {
    let log = ledger();
    let (old, new) = (loaded(&copy(&*log, 560)), loaded(&copy(&*log, 700)));
    let expected = bytes(&loaded(&*log));
    let clean = SimDisk::new();
    SavedStates::on(clean.clone(), "/saved").save(&old).unwrap();
    let first = clean.operations();
    SavedStates::on(clean.clone(), "/saved").save(&new).unwrap();
    for operation in first..clean.operations() {
        for effect in [Effect::Lost, Effect::Persisted] {
            for cut in [Cut::Nothing, Cut::Everything, Cut::Some(operation), Cut::Some(operation + 77)] {
                let disk = SimDisk::new();
                let saved = SavedStates::on(disk.clone(), "/saved");
                saved.save(&old).unwrap();
                disk.fail(DiskFault { operation, effect, error: ErrorKind::Other });
                assert!(saved.save(&new).is_err());
                disk.crash(cut);
                disk.heal();
                let latest = saved.latest::<ReadModel>().into_state().expect("one of the two is there");
                assert!(latest == old || latest == new, "operation {operation} {effect:?} {cut:?}");
                assert_eq!(bytes(&load(&*log, Some(latest), &mut |_, _| {}).unwrap()), expected);
                saved.save(&new).unwrap();
                disk.crash(Cut::Nothing);
                assert_eq!(saved.latest::<ReadModel>().into_state().as_ref(), Some(&new));
            }
        }
    }
}

fn worker(log: &Arc<dyn EventLog>, disk: &SimDisk, save_every_lines: u64) -> Worker<ReadModel> {
    let options = WorkerOptions { save_every_lines, wait: Duration::from_millis(5) };
    Worker::start(Arc::clone(log), SavedStates::on(disk.clone(), "/saved"), options).unwrap()
}

fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..4_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not happen");
}

#[test]
fn a_worker_follows_saves_and_resumes_with_the_same_bytes_as_from_zero() {
    let all = ledger();
    let log: Arc<dyn EventLog> = Arc::new(copy(&*all, 1_000));
    let disk = SimDisk::new();
    let first = worker(&log, &disk, 500);
    let rest: Vec<Vec<u8>> = all_lines(&*all).split_off(1_000);
    for lines in rest.chunks(333) {
        let size = log.size().unwrap();
        log.append(size, &lines.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    }
    wait_until(|| first.progress().unwrap().lag == 0);
    assert_eq!(first.progress().unwrap().checkpoint, Some(log.size().unwrap() - 1));
    first.with_state(|state| assert_eq!(bytes(state), bytes(&loaded(&*log))));
    // A kill: what the disk has is what was saved while following, and no more.
    wait_until(|| SavedStates::on(disk.clone(), "/saved").latest::<ReadModel>().into_state().is_some());
    disk.crash(Cut::Nothing);
    let second = worker(&log, &disk, 500);
    second.with_state(|state| assert_eq!(bytes(state), bytes(&loaded(&*log))));
    second.shutdown();
    let latest = SavedStates::on(disk, "/saved").latest::<ReadModel>().into_state().unwrap();
    assert_eq!(latest.size(), log.size().unwrap(), "shutting down saves");
}

#[test]
fn a_rebuild_answers_with_the_old_state_until_the_new_one_is_whole() {
    let log = ledger();
    let running = worker(&log, &SimDisk::new(), 1_000_000);
    let size = log.size().unwrap();
    let mut seen = 0;
    running
        .rebuild(&mut |_, _| {
            seen += 1;
            running.with_state(|state| assert_eq!(state.size(), size));
        })
        .unwrap();
    assert!(seen > 1);
    running.with_state(|state| assert_eq!(bytes(state), bytes(&loaded(&*log))));
    let mut recorder = Recorder::new(Arc::clone(&log), loaded(&*log));
    recorder.record(evidence(7, 5), second(61 * 86_400)).unwrap();
    wait_until(|| running.with_state(ReadModel::size) == size + 5);
}

#[test]
fn a_worker_stops_at_a_line_that_does_not_fit_and_keeps_answering() {
    let log = ledger();
    let running = worker(&log, &SimDisk::new(), 1_000_000);
    let size = log.size().unwrap();
    log.append(size, &[b"{}"]).unwrap();
    wait_until(|| matches!(running.progress().unwrap().error, Some(WorkerError::Stopped { .. })));
    let progress = running.progress().unwrap();
    assert_eq!((progress.checkpoint, progress.lag), (Some(size - 1), 1));
    running.with_state(|state| assert_eq!(state.size(), size));
}

#[test]
fn a_worker_that_cannot_save_says_so_and_goes_on() {
    let log = ledger();
    let disk = SimDisk::new();
    disk.set_read_only(true);
    let running = worker(&log, &disk, 1);
    wait_until(|| matches!(running.progress().unwrap().error, Some(WorkerError::NotSaved(_))));
    running.with_state(|state| assert_eq!(state.size(), log.size().unwrap()));
}

fn question(known_at: KnownAt, rules: RulesChoice) -> Question {
    Question { plan: "plan-2022".parse().unwrap(), as_of: None, known_at, rules }
}

#[test]
fn an_instant_means_the_lines_recorded_by_then() {
    let log = ledger();
    let model = loaded(&*log);
    let reader = Reader::new(&model, &*log);
    let at: Vec<_> = all_lines(&*log).iter().map(|line| chain::line::Line::parse(line).unwrap().at).collect();
    let day = |number: i64| second(60 * 86_400 + number);
    for instant in [second(-1), second(0), second(1), day(1), day(4), day(9), day(99)] {
        let naive = at.iter().filter(|at| **at <= instant).count() as u64;
        assert_eq!(reader.size_at(KnownAt::Instant(instant)).unwrap(), naive, "{instant}");
    }
    assert_eq!(reader.size_at(KnownAt::Head).unwrap(), model.size());
    let beyond = reader.size_at(KnownAt::Size(model.size() + 1));
    assert!(matches!(beyond, Err(AxisError::BeyondHead { .. })), "{beyond:?}");
}

#[test]
fn the_root_is_that_of_the_lines_known() {
    let log = ledger();
    let model = loaded(&*log);
    let reader = Reader::new(&model, &*log);
    let leaves: Vec<_> = all_lines(&*log).iter().map(|line| chain::hash::leaf_hash(line)).collect();
    for size in [0, 1, 255, 256, 257, 1_000, leaves.len()] {
        assert_eq!(reader.root_at(size as u64).unwrap(), root_of(&leaves[..size]), "{size}");
    }
}

#[test]
fn rules_from_a_file_are_resolved_but_never_official() {
    let log = ledger();
    let model = loaded(&*log);
    let reader = Reader::new(&model, &*log);
    let today = "2022-05-01".parse().unwrap();
    let rules = seeds::yingtan_2022_rules();
    let file = RulesChoice::File(Box::new(rules.clone()));
    let axes = reader.resolve(&question(KnownAt::Size(600), file), today).unwrap();
    assert_eq!((axes.at.as_of, axes.at.known), (today, 600));
    assert_eq!((axes.rules_hash, axes.origin.as_str()), (rules.content_hash(), "demo.example/ledger"));
    assert!(!axes.official);
    let none = reader.resolve(&question(KnownAt::Head, RulesChoice::InForce), today);
    assert!(matches!(none, Err(AxisError::NoRules { .. })), "{none:?}");
    let unknown = reader.resolve(&question(KnownAt::Head, RulesChoice::Id("none".parse().unwrap())), today);
    assert!(matches!(unknown, Err(AxisError::UnknownRules { .. })), "{unknown:?}");
    let early = reader.resolve(&question(KnownAt::Size(1), RulesChoice::InForce), today);
    assert!(matches!(early, Err(AxisError::UnknownPlan { .. })), "{early:?}");
}

#[test]
fn adopted_rules_are_official_only_where_they_are_in_force() {
    let mut model = ReadModel::default();
    let log = ledger();
    let all = all_lines(&*log);
    let mut position = 0;
    let mut push = |model: &mut ReadModel, event: events::Event| {
        let recorded = events::Recorded {
            position,
            hash: chain::hash::event_hash(&position.to_be_bytes()),
            at: second(i64::try_from(position).unwrap()),
            by: "tester".parse().unwrap(),
            unit: OFFICE.parse().unwrap(),
            unit_seq: position,
            submission: uuid::Uuid::from_u128(position.into()),
            submission_size: 1,
            signature: None,
            event,
        };
        model.apply(&recorded, chain::hash::leaf_hash(&position.to_be_bytes()));
        position += 1;
    };
    opening().events.into_iter().for_each(|event| push(&mut model, event));
    let adopted = |rulebook: &str, from: &str, title: &str| {
        let mut rules = seeds::yingtan_2022_rules();
        rules.conversion.full_score = title.parse().unwrap();
        events::RulebookAdopted {
            effective_from: from.parse().unwrap(),
            plan: "plan-2022".parse().unwrap(),
            rulebook: rulebook.parse().unwrap(),
            rules: Box::new(rules),
            title: title.to_owned(),
        }
    };
    let (first, second) = (adopted("first", "2022-01-01", "100"), adopted("second", "2022-07-01", "120"));
    let hashes = [first.rules.content_hash(), second.rules.content_hash()];
    push(&mut model, first.clone().into());
    push(&mut model, second.into());
    assert!(all.len() as u64 > model.size(), "the log has lines for the roots");
    let reader = Reader::new(&model, &*log);
    let ask =
        |rules, day: &str| reader.resolve(&question(KnownAt::Head, rules), day.parse().unwrap()).unwrap();
    let told = |rules, day| {
        let axes = ask(rules, day);
        (axes.rules_hash, axes.official)
    };
    assert_eq!(told(RulesChoice::InForce, "2022-06-30"), (hashes[0], true));
    assert_eq!(told(RulesChoice::InForce, "2022-07-01"), (hashes[1], true));
    assert_eq!(told(RulesChoice::Hash(hashes[1]), "2022-06-30"), (hashes[1], false));
    assert_eq!(told(RulesChoice::Id("first".parse().unwrap()), "2022-06-30"), (hashes[0], true));
    assert_eq!(told(RulesChoice::File(first.rules), "2022-06-30"), (hashes[0], true), "the same rules");
}

#[test]
fn without_a_line_nothing_that_followed_from_it_is_left() {
    let log = ledger();
    let model = loaded(&*log);
    let mut recorder = Recorder::new(Arc::clone(&log), model);
    let day = "2022-04-05".parse().unwrap();
    let book = recorder.model().ledger().book();
    let (cell, _) = book.cells().next().unwrap();
    let reported = book.cell(cell).unwrap().standing_on(day).unwrap().hash;
    let corrected = events::FigureCorrected {
        corrects: reported,
        evidence: vec![],
        material: true,
        note: None,
        reason: events::CorrectionReason::Misreported,
        status: events::FigureStatus::Preliminary,
        value: events::Value::Number("50.5".parse().unwrap()),
    };
    let correction = submission(900, BUREAU, vec![corrected.into()]);
    let receipt = recorder.record(correction, second(61 * 86_400)).unwrap();
    let size = log.size().unwrap();
    let on_day =
        |book: &domain::book::Book| book.cell(cell).unwrap().standing_on(day).map(|figure| figure.hash);
    assert_eq!(on_day(&without(&*log, &[], size).unwrap()), Some(receipt.hashes[0]));
    assert_eq!(on_day(&without(&*log, &receipt.hashes, size).unwrap()), Some(reported));
    assert_eq!(on_day(&without(&*log, &[reported], size).unwrap()), None);
    assert_eq!(without(&*log, &[], size).unwrap(), *recorder.model().ledger().book());
    let missing = without(&*log, &receipt.hashes, size - 1);
    assert!(matches!(missing, Err(WhatIfError::NotFound { .. })));
}

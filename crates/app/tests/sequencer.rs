//! Stories of the sequencer: who gets which answer, and what stands in the log.

mod shop;

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use app::{Receipt, Recorder, Sequencer, SubmitError};
use proptest::prelude::*;
use shop::*;
use store::{EventLog, StoreError};

fn code(answer: Result<Receipt, SubmitError>) -> &'static str {
    answer.err().map_or("recorded", |error| error.code())
}

#[test]
fn many_clients_are_recorded_once_each_and_readers_see_only_what_is_durable() {
    let log = fault_log();
    let sequencer = sequencer(&log);
    thread::scope(|scope| {
        for client in 0..8 {
            let (sequencer, log) = (&sequencer, &log);
            scope.spawn(move || {
                for round in 0..50 {
                    let receipt = sequencer.submit(evidence(1_000 * client + round + 10, 3)).unwrap();
                    assert!(!receipt.repeated);
                    assert!(sequencer.with_model(|model| model.size()) >= receipt.tree_size);
                    assert!(sequencer.with_model(|model| model.size()) <= log.size().unwrap());
                }
            });
        }
    });
    let size = log.size().unwrap();
    sequencer.with_model(|model| assert_eq!(*model, loaded(&*log)));
    assert_eq!(sequencer.with_model(|model| model.size()), size);
}

#[test]
fn lines_of_one_append_share_their_instant_and_the_next_append_has_a_later_one() {
    let log = fault_log();
    let sequencer = sequencer(&log);
    let first = sequencer.submit(evidence(10, 2)).unwrap();
    let second = sequencer.submit(evidence(11, 1)).unwrap();
    assert!(second.at > first.at, "the clock stood still");
    assert_recorded(&*log, &first);
    assert_eq!((second.first, second.unit_seq), (first.tree_size, first.unit_seq + 1));
}

#[test]
fn the_same_submission_gets_its_first_receipt_before_and_after_a_restart() {
    let log = fault_log();
    let before = sequencer(&log);
    let first = before.submit(evidence(10, 3)).unwrap();
    let again = before.submit(evidence(10, 3)).unwrap();
    assert_eq!(again, Receipt { repeated: true, ..first.clone() });
    before.shutdown();
    let after = sequencer(&log);
    assert_eq!(after.submit(evidence(10, 3)).unwrap(), again);
    assert_eq!(lines_of(&*log, first.submission), 3);
}

#[test]
fn a_submission_id_with_other_content_is_refused_and_leaves_nothing() {
    let log = fault_log();
    let sequencer = sequencer(&log);
    let first = sequencer.submit(evidence(10, 3)).unwrap();
    let size = log.size().unwrap();
    let mut other = evidence(10, 3);
    other.events[2] = evidence(11, 1).events.remove(0);
    let mut other_unit = evidence(10, 3);
    other_unit.unit = OFFICE.parse().unwrap();
    for reused in [other, other_unit, evidence(10, 2), evidence(10, 4), period(10, "2022-05")] {
        let answer = sequencer.submit(reused);
        let Err(SubmitError::SubmissionReused { first: position, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!(position, first.first);
    }
    assert_eq!(log.size().unwrap(), size);
}

#[test]
fn repeats_inside_one_group_are_answered_from_the_same_lines() {
    let log = fault_log();
    let sequencer = sequencer(&log);
    // While the first append waits at the gate, the same submissions arrive again and again.
    let answers: Vec<_> = thread::scope(|scope| {
        let gate = log.gate.lock().unwrap();
        let submit = |id| {
            scope.spawn({
                let sequencer = &sequencer;
                move || sequencer.submit(evidence(id, 2))
            })
        };
        let clients: Vec<_> = (0..12).map(|client| submit(10 + client % 2)).collect();
        thread::sleep(std::time::Duration::from_millis(20));
        drop(gate);
        clients.into_iter().map(|client| client.join().unwrap().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|receipt| !receipt.repeated).count(), 2);
    answers.iter().for_each(|receipt| assert_recorded(&*log, receipt));
}

#[test]
fn a_rejected_submission_leaves_nothing_and_says_why() {
    let log = fault_log();
    let sequencer = sequencer(&log);
    let size = log.size().unwrap();
    assert_eq!(code(sequencer.submit(submission(10, BUREAU, vec![]))), "rejected");
    assert_eq!(code(sequencer.submit(submission(11, "nobody", evidence(1, 1).events))), "rejected");
    assert!(!sequencer.check(&submission(12, "nobody", evidence(1, 1).events)).is_empty());
    assert!(sequencer.check(&evidence(12, 1)).is_empty());
    assert_eq!(log.size().unwrap(), size);
}

#[test]
fn after_another_writer_the_submission_is_decided_again() {
    let log = fault_log();
    let mine = sequencer(&log);
    let rival = sequencer(&log);
    let theirs = rival.submit(period(10, "2022-05")).unwrap();
    // Mine does not know of it yet: it would have accepted the same period a second time.
    assert_eq!(code(mine.submit(period(11, "2022-05"))), "rejected");
    let next = mine.submit(period(12, "2022-06")).unwrap();
    assert_eq!(next.first, theirs.tree_size);
    assert_eq!(mine.submit(period(10, "2022-05")).unwrap(), Receipt { repeated: true, ..theirs });
}

#[test]
fn what_another_writer_appended_is_read_without_recording_anything() {
    let log = fault_log();
    let mine = sequencer(&log);
    let rival = sequencer(&log);
    let theirs = rival.submit(period(10, "2022-05")).unwrap();
    let before = mine.with_model(projections::ReadModel::size);
    assert!(before < theirs.tree_size);
    assert_eq!(mine.catch_up().unwrap(), theirs.tree_size);
    assert_eq!(mine.with_model(projections::ReadModel::size), theirs.tree_size);
    let lines = mine.recorded(&theirs.submission).unwrap().expect("it is on record");
    assert_eq!(Receipt::again(&lines), Receipt { repeated: true, ..theirs.clone() });
    // What is decided next is decided behind these lines, and asks the log no second time.
    assert_eq!(mine.submit(period(11, "2022-06")).unwrap().first, theirs.tree_size);
}

#[test]
fn a_rejection_by_an_outdated_state_is_decided_again_too() {
    let log = fault_log();
    let mine = sequencer(&log);
    let rival = sequencer(&log);
    let mut late = figures(11, "2022-05-01", 0, 1);
    let Some(events::Event::SubmissionFiled(filed)) = late.events.first_mut() else { panic!("a filing") };
    filed.period = "2022-05".parse().unwrap();
    late.events.truncate(1);
    late.events.push(figures(11, "2022-05-01", 0, 1).events.remove(1));
    let Some(events::Event::FigureReported(figure)) = late.events.last_mut() else { panic!("a figure") };
    figure.period = "2022-05".parse().unwrap();
    rival.submit(period(10, "2022-05")).unwrap();
    assert_eq!(mine.submit(late).unwrap().lines, 2, "the period was opened elsewhere");
}

#[test]
fn an_outcome_that_was_unknown_is_found_out_either_way() {
    for fault in [Fault::Lost, Fault::Persisted] {
        let log = fault_log();
        let sequencer = sequencer(&log);
        log.plan([fault]);
        let receipt = sequencer.submit(evidence(10, 3)).unwrap();
        assert!(!receipt.repeated, "{fault:?}");
        assert_recorded(&*log, &receipt);
        assert_recorded(&*log, &sequencer.submit(evidence(11, 1)).unwrap());
    }
}

#[test]
fn where_settling_fails_the_client_is_told_so_and_a_retry_is_not_recorded_twice() {
    for (fault, repeated) in [(Fault::LostUnsettled, false), (Fault::PersistedUnsettled, true)] {
        let log = fault_log();
        let sequencer = sequencer(&log);
        log.plan([fault]);
        assert_eq!(code(sequencer.submit(evidence(10, 3))), "outcome-unknown");
        let retried = sequencer.submit(evidence(10, 3)).unwrap();
        assert_eq!(retried.repeated, repeated, "{fault:?}");
        assert_recorded(&*log, &retried);
    }
}

#[test]
fn after_a_full_disk_clients_hear_it_and_the_state_ahead_is_forgotten() {
    let log = fault_log();
    let sequencer = sequencer(&log);
    log.plan([Fault::Full]);
    let answer = sequencer.submit(period(10, "2022-05"));
    assert!(matches!(answer, Err(SubmitError::Store(StoreError::Full { .. }))), "{answer:?}");
    assert_eq!(lines_of(&*log, period(10, "2022-05").submission), 0);
    let receipt = sequencer.submit(period(11, "2022-05")).unwrap();
    assert_recorded(&*log, &receipt);
}

#[test]
fn a_rejection_never_rests_on_lines_that_came_to_nothing() {
    let log = fault_log();
    let sequencer = sequencer(&log);
    log.plan([Fault::Full]);
    let answers = thread::scope(|scope| {
        let gate = log.gate.lock().unwrap();
        let first = scope.spawn(|| sequencer.submit(period(10, "2022-05")));
        thread::sleep(std::time::Duration::from_millis(20));
        let second = scope.spawn(|| sequencer.submit(period(11, "2022-05")));
        thread::sleep(std::time::Duration::from_millis(20));
        drop(gate);
        [first.join().unwrap(), second.join().unwrap()].map(code)
    });
    let recorded = answers.iter().filter(|answer| **answer == "recorded").count();
    assert!(
        answers == ["disk-full", "recorded"] || answers == ["recorded", "disk-full"] || recorded == 0,
        "{answers:?}"
    );
    assert!(!answers.contains(&"rejected"), "{answers:?}");
}

#[test]
fn three_sequencers_on_one_log_record_each_submission_once() {
    let log = fault_log();
    let sequencers: Vec<Sequencer> = (0..3).map(|_| sequencer(&log)).collect();
    let start = Barrier::new(6);
    thread::scope(|scope| {
        for client in 0..6_u128 {
            let (sequencers, start, log) = (&sequencers, &start, &log);
            scope.spawn(move || {
                start.wait();
                for round in 0..20 {
                    // Each submission goes to two of the three.
                    let id = 100 + 100 * (client / 2) + round;
                    let sequencer = &sequencers[usize::try_from((client + round) % 3).unwrap()];
                    assert_recorded(&**log, &sequencer.submit(evidence(id, 2)).unwrap());
                }
            });
        }
    });
    let ledger = loaded(&*log);
    assert_eq!(ledger.ledger().book().evidence().len(), 3 * 20 * 2);
}

#[test]
fn shutting_down_answers_everybody() {
    let log = fault_log();
    let sequencer = sequencer(&log);
    let answers: Vec<_> = thread::scope(|scope| {
        let gate = log.gate.lock().unwrap();
        let submit = |id| {
            scope.spawn({
                let sequencer = &sequencer;
                move || sequencer.submit(evidence(id, 1))
            })
        };
        let clients: Vec<_> = (10..40).map(submit).collect();
        thread::sleep(std::time::Duration::from_millis(20));
        let closing = scope.spawn(|| sequencer.shutdown());
        drop(gate);
        closing.join().unwrap();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    for answer in answers {
        match answer {
            Ok(receipt) => assert_recorded(&*log, &receipt),
            Err(error) => assert_eq!(error.code(), "stopped"),
        }
    }
    assert_eq!(code(sequencer.submit(evidence(99, 1))), "stopped");
}

#[test]
fn a_full_queue_says_busy_and_records_nothing_of_it() {
    const QUEUE: usize = 4;
    let log = fault_log();
    let model = loaded(&*log);
    let sequencer = Sequencer::start_with_queue(Arc::clone(&log) as Arc<dyn EventLog>, model, clock(), QUEUE);
    let (sender, answers) = mpsc::channel();
    thread::scope(|scope| {
        let gate = log.gate.lock().unwrap();
        // An append takes two of these: one group waits at the gate, one is decided behind it, the queue takes four.
        for id in 10..22 {
            let (sequencer, sender) = (&sequencer, sender.clone());
            scope.spawn(move || sender.send((id, sequencer.submit(evidence(id, 2_000)))).unwrap());
        }
        for _ in 0..4 {
            let (id, answer) = answers.recv().unwrap();
            assert_eq!(code(answer), "busy");
            assert_eq!(lines_of(&*log, evidence(id, 1).submission), 0);
        }
        drop(gate);
    });
}

#[test]
fn the_recorder_decides_as_the_sequencer_does() {
    let log = fault_log();
    let mut recorder = Recorder::new(Arc::clone(&log) as Arc<dyn EventLog>, loaded(&*log));
    let first = recorder.record(period(10, "2022-05"), second(5)).unwrap();
    assert_eq!(first.at, second(5));
    assert_eq!(
        recorder.record(period(10, "2022-05"), second(9)).unwrap(),
        Receipt { repeated: true, ..first.clone() }
    );
    assert_eq!(code(recorder.record(period(11, "2022-05"), second(9))), "rejected");
    log.plan([Fault::Persisted, Fault::Lost, Fault::None, Fault::Full]);
    assert!(recorder.record(evidence(12, 2), second(1)).unwrap().at > first.at, "time goes on");
    assert!(!recorder.record(evidence(13, 2), second(10)).unwrap().repeated);
    assert_eq!(code(recorder.record(evidence(14, 2), second(10))), "disk-full");
    sequencer(&log).submit(evidence(15, 1)).unwrap();
    assert_recorded(&*log, &recorder.record(evidence(14, 2), second(10)).unwrap());
    assert_eq!(*recorder.model(), loaded(&*log));
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        1 => Just(Fault::Lost),
        1 => Just(Fault::Persisted),
        1 => Just(Fault::LostUnsettled),
        1 => Just(Fault::PersistedUnsettled),
        1 => Just(Fault::Full),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Periods are opened by many clients on two sequencers while appends fail. The naive model is a set: a period
    /// can be opened once, by whichever submission of its name stands in the log.
    #[test]
    fn whatever_fails_answers_and_log_agree(
        faults in prop::collection::vec(fault(), 0..12),
        clients in prop::collection::vec(prop::collection::vec((0_u128..12, 0_u8..6, 0_usize..2), 1..8), 1..5),
    ) {
        let log = fault_log();
        let start = log.size().unwrap();
        let sequencers = [sequencer(&log), sequencer(&log)];
        log.plan(faults);
        let told: Vec<_> = thread::scope(|scope| {
            let run = |script: &Vec<(u128, u8, usize)>| {
                let (script, sequencers) = (script.clone(), &sequencers);
                scope.spawn(move || {
                    let ask = |(id, name, at): (u128, u8, usize)| {
                        let asked = period(100 + id, &format!("p{name}"));
                        (asked.clone(), sequencers[at].submit(asked))
                    };
                    script.into_iter().map(ask).collect::<Vec<_>>()
                })
            };
            let running: Vec<_> = clients.iter().map(run).collect();
            running.into_iter().flat_map(|client| client.join().unwrap()).collect()
        });
        // The log is a sound ledger, and no period was opened twice.
        let model = loaded(&*log);
        let mut names = BTreeSet::new();
        for line in all_lines(&*log).iter().skip(usize::try_from(start).unwrap()) {
            let line = chain::line::Line::parse(line).unwrap();
            let recorded = events::Recorded::decode(&line, line.hash()).unwrap();
            let events::Event::PeriodOpened(opened) = recorded.event else { panic!("only periods") };
            prop_assert!(names.insert(opened.period.to_string()));
        }
        let mut first = BTreeSet::new();
        for (asked, answer) in &told {
            let events::Event::PeriodOpened(wanted) = &asked.events[0] else { panic!("only periods") };
            let place = model.ledger().place_of(&asked.submission);
            match answer {
                Ok(receipt) => {
                    assert_recorded(&*log, receipt);
                    prop_assert_eq!(place.map(|place| place.first), Some(receipt.first));
                    prop_assert!(receipt.repeated || first.insert(receipt.first), "one first receipt each");
                }
                Err(SubmitError::Rejected(_)) => prop_assert!(names.contains(wanted.period.as_str())),
                Err(SubmitError::SubmissionReused { .. }) => prop_assert!(place.is_some()),
                Err(error) => prop_assert!(["outcome-unknown", "disk-full", "io", "unsettled"].contains(&error.code()), "{}", error),
            }
        }
    }
}

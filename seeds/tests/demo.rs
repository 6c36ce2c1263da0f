//! The demonstration year runs through the domain: every submission is accepted, and everything promised is in it.

use std::collections::BTreeMap;

use domain::ledger::{Decision, Ledger, Prepared};
use events::{Event, EventKind, Target, Value};
use seeds::demo::{Demo, Options, Timed};

/// A key of the format's published example ledgers; nothing here signs.
const LOG_KEY: &str = "ledger.example.org/n0001+1872a52a+AcIkZdE9BzfYbDWbCr+N2X4J+2qdS3nmn0W7vXVeBwOA";

fn options(cities: u32, years: u16) -> Options {
    let origin = "ledger.example.org/n0001".to_owned();
    Options { seed: 2022, cities, years, origin, log_key: LOG_KEY.to_owned() }
}

struct Run {
    ledger: Ledger,
    submissions: Vec<Timed>,
    late: usize,
}

/// Decides and applies everything; panics at the first refusal.
fn run(options: Options) -> Run {
    let mut demo = Demo::new(seeds::yingtan_2022(), seeds::yingtan_2022_rules(), options);
    let (mut ledger, mut submissions, mut late) = (Ledger::default(), Vec::new(), 0);
    while let Some(timed) = demo.next(ledger.book()) {
        let prepared = Prepared::new(timed.submission.clone()).expect("canonical texts");
        let at = ledger.head().next_at(timed.at);
        let decision = ledger.decide(&prepared, at);
        assert_eq!(decision, Ok(Decision::Record), "{} {}", timed.at, timed.submission.unit);
        if let Some(Event::SubmissionFiled(filed)) = timed.submission.events.first() {
            let period = ledger.book().registry().period(&filed.period).expect("an open period");
            late += usize::from(at > period.due_at(&timed.submission.unit, u64::MAX));
        }
        for line in ledger.head().lines(&prepared, at).expect("lines within their limits") {
            ledger.apply(&line.recorded);
        }
        submissions.push(timed);
    }
    Run { ledger, submissions, late }
}

fn kinds(submissions: &[Timed]) -> BTreeMap<EventKind, usize> {
    let mut kinds = BTreeMap::new();
    for event in submissions.iter().flat_map(|timed| &timed.submission.events) {
        *kinds.entry(event.kind()).or_default() += 1;
    }
    kinds
}

#[test]
fn a_year_shows_everything_a_ledger_can_go_through() {
    let run = run(options(1, 1));
    let kinds = kinds(&run.submissions);
    // Keys are enrolled, units vetoed, tables attested and statements signed by people, not by a demonstration.
    let absent = [
        EventKind::LogKeyChanged,
        EventKind::LedgerRestored,
        EventKind::KeyEnrolled,
        EventKind::KeyRevoked,
        EventKind::VetoImposed,
        EventKind::ResponsibilityEnded,
        EventKind::TableAttested,
        EventKind::CompletenessStated,
        // What a committee does needs tables, and those are made further along: whoever runs the demonstration freezes.
        EventKind::CommitteeAppointed,
        EventKind::CommitteeKeyRevoked,
        EventKind::SnapshotProposed,
        EventKind::SnapshotWithdrawn,
        EventKind::SnapshotApproved,
        EventKind::SnapshotFrozen,
        EventKind::SnapshotRestated,
        EventKind::SnapshotPublished,
        EventKind::SnapshotReopened,
        EventKind::ObjectionFiled,
        EventKind::ObjectionDecided,
    ];
    for kind in EventKind::ALL.iter().filter(|kind| !absent.contains(kind)) {
        assert!(kinds.contains_key(kind), "no {}", kind.name());
    }
    assert!(run.late > 0);
    assert_eq!(kinds[&EventKind::RulebookAdopted], 2);
    assert_eq!(kinds[&EventKind::BonusGranted], 3);
    assert!(run.ledger.book().registry().is_synthetic());
}

#[test]
fn the_first_citys_stories_are_told() {
    let run = run(options(1, 1));
    let filed = |unit: &str, period: &str| {
        run.submissions.iter().find(|timed| {
            timed.submission.unit.as_str() == unit
                && matches!(timed.submission.events.first(), Some(Event::SubmissionFiled(filed)) if filed.period.as_str() == period)
        })
    };
    let registry = run.ledger.book().registry();
    let due = |period: &str| registry.period(&period.parse().unwrap()).expect("a period").opened.due_at;
    assert!(filed("longhushan", "2022-05").expect("filed").at > due("2022-05"), "late");
    assert!(filed("xinjiang", "2022-06").is_none(), "missing");
    let extended = filed("guixi", "2022-08").expect("filed").at;
    let period = registry.period(&"2022-08".parse().unwrap()).expect("a period");
    assert!(extended > due("2022-08") && extended < period.due_at(&"guixi".parse().unwrap(), u64::MAX));

    let mut values = run.submissions.iter().flat_map(|timed| &timed.submission.events);
    assert!(
        values.any(
            |event| matches!(event, Event::FigureReported(own) if matches!(own.value, Value::Absent(_)))
        )
    );
}

#[test]
fn zero_and_exceeding_targets_get_figures() {
    let plan = seeds::yingtan_2022();
    let run = run(options(1, 1));
    let mut seen = (false, false);
    for event in run.submissions.iter().flat_map(|timed| &timed.submission.events) {
        let Event::FigureReported(own) = event else { continue };
        let row = plan.indicator(&own.indicator).expect("a row of the plan");
        match plan.target(row, &own.area, 2022) {
            Target::ExceedsCity => seen.0 = true,
            Target::Number { value } => seen.1 |= value == events::Decimal::ZERO,
            Target::NotAssessed | Target::NotYetSet | Target::Void => {
                panic!("{} is not assessed", own.indicator)
            }
        }
    }
    assert_eq!(seen, (true, true));
}

#[test]
fn the_same_options_give_the_same_ledger() {
    let (one, again) = (run(options(1, 1)), run(options(1, 1)));
    assert_eq!(one.submissions, again.submissions);
    assert_eq!(one.ledger.head(), again.ledger.head());
    let other = run(Options { seed: 7, ..options(1, 1) });
    assert_ne!(one.ledger.head().hash, other.ledger.head().hash);
}

#[test]
fn cities_and_years_scale_it() {
    let (small, large) = (run(options(1, 1)), run(options(2, 3)));
    let registry = large.ledger.book().registry();
    assert_eq!(registry.plans().count(), 2);
    assert!(large.ledger.head().size > 5 * small.ledger.head().size);
    let sorted = large.submissions.is_sorted_by_key(|timed| timed.at);
    assert!(sorted, "instants never go back");
}

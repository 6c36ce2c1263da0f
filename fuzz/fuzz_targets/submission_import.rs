//! Any text gives a submission that can be encoded, decided and located, or a list of problems, the same each time.
#![no_main]

use std::sync::OnceLock;

use chain::Instant;
use domain::ledger::{Ledger, Prepared, Submission};
use events::{Event, LedgerOpened, PeriodKind, PeriodOpened};
use intake::{Context, read_submission};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(bytes, "x.json");
    check(bytes, "x.csv");
});

fn check(bytes: &[u8], name: &str) {
    let ledger = ledger();
    let (by, unit) = ("fuzz".parse().expect("an id"), "guixi".parse().expect("an id"));
    let period = "2022-04".parse().expect("an id");
    let context = Context { unit: Some(&unit), period: Some(&period), ..Context::new(ledger.book(), &by) };
    match read_submission(bytes, name, &context) {
        Ok(mut intake) => {
            let prepared = Prepared::new(intake.submission().clone()).expect("every text was looked at");
            let problems = ledger.problems(&prepared, now());
            let located = intake.locate(&problems);
            assert_eq!(located.len(), problems.len());
            assert!(located.iter().all(|own| !own.to_string().is_empty()));
            intake.confirm(&problems);
        }
        Err(refused) => {
            assert!(!refused.problems.is_empty(), "a refusal names a reason");
            assert!(refused.located().iter().all(|own| !own.text.is_empty()));
            assert_eq!(Some(refused), read_submission(bytes, name, &context).err());
        }
    }
}

fn now() -> Instant {
    "2022-04-26T02:00:00.000000Z".parse().expect("an instant")
}

/// The plan of Yingtan with April open.
fn ledger() -> &'static Ledger {
    static LEDGER: OnceLock<Ledger> = OnceLock::new();
    LEDGER.get_or_init(|| {
        let plan = seeds::yingtan_2022();
        let mut events: Vec<Event> = vec![opened().into()];
        events.extend(seeds::opening(&plan, seeds::Opening::default()));
        events.push(april().into());
        let mut ledger = Ledger::default();
        let (unit, by) = (plan.administrator, "fuzz".parse().expect("an id"));
        let submission = uuid::Uuid::from_u128(1);
        let prepared = Prepared::new(Submission { submission, unit, by, events, signature: None });
        let lines = ledger.head().lines(&prepared.expect("canonical texts"), now()).expect("lines");
        lines.iter().for_each(|line| ledger.apply(&line.recorded));
        ledger
    })
}

fn opened() -> LedgerOpened {
    LedgerOpened {
        log_key: "ledger.example.org/n0001+1872a52a+AcIkZdE9BzfYbDWbCr+N2X4J+2qdS3nmn0W7vXVeBwOA".to_owned(),
        origin: "ledger.example.org/n0001".to_owned(),
        suite: "pl-1".to_owned(),
        synthetic: true,
        title: "演示数据".to_owned(),
    }
}

fn april() -> PeriodOpened {
    PeriodOpened {
        due_at: "2022-04-30T16:00:00.000000Z".parse().expect("an instant"),
        ends_on: "2022-04-25".parse().expect("a day"),
        kind: PeriodKind::Month,
        period: "2022-04".parse().expect("an id"),
        starts_on: "2022-03-26".parse().expect("a day"),
    }
}

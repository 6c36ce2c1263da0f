//! What a ledger may say about itself: table roots, and a unit's signed statement of its own lines.

use chain::note::{KeyType, VerifierKey};
use chain::{EventHash, Instant};
use domain::ledger::{Decision, Ledger, Prepared, Submission};
use ed25519_dalek::SigningKey;
use events::{
    CompletenessStated, Event, KeyEnrolled, LedgerOpened, PeriodKind, PeriodOpened, PlanAdopted, Signature,
    TableAttested, UnitKind, UnitRegistered,
};
use uuid::Uuid;

fn key(name: &str) -> (SigningKey, String) {
    let secret = SigningKey::from_bytes(&[name.len() as u8; 32]);
    let public = VerifierKey::of(name, KeyType::Ed25519, &secret).unwrap();
    (secret, public.to_string())
}

/// A ledger with an office, a unit that has a key, a period and a plan.
struct Story(Ledger);

impl Story {
    fn begins() -> Self {
        let mut story = Self(Ledger::default());
        let opening = LedgerOpened {
            log_key: key("example.com/story").1,
            origin: "example.com/story".to_owned(),
            suite: "pl-1".to_owned(),
            synthetic: true,
            title: "演示数据".to_owned(),
        };
        let day = |text: &str| text.parse().unwrap();
        story.record("office", vec![opening.into(), registered("finance")], None).unwrap();
        let april = PeriodOpened {
            due_at: "2022-04-30T10:00:00.000000Z".parse().unwrap(),
            ends_on: day("2022-04-25"),
            kind: PeriodKind::Month,
            period: "2022-04".parse().unwrap(),
            starts_on: day("2022-01-01"),
        };
        let plan = PlanAdopted {
            city: "某市".to_owned(),
            document: "文件".to_owned(),
            issued_on: day("2022-01-01"),
            plan: "p".parse().unwrap(),
            source: None,
            title: "方案".to_owned(),
            years: vec![2022],
        };
        let enrolled = KeyEnrolled { holder: "finance".parse().unwrap(), key: key("finance").1 };
        story.record("office", vec![april.into(), plan.into(), enrolled.into()], None).unwrap();
        story
    }

    /// Decides and records; gives the codes of the problems where it may not be recorded.
    fn record(&mut self, unit: &str, events: Vec<Event>, signs: Option<&str>) -> Result<(), Vec<String>> {
        let lines = self.0.head().size;
        let mut submission = Submission {
            submission: Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0000 | lines),
            unit: unit.parse().unwrap(),
            by: "acct-07".parse().unwrap(),
            events,
            signature: None,
        };
        if let Some(name) = signs {
            let (secret, public) = key(name);
            let payload = Prepared::new(submission.clone()).unwrap().payload();
            let sig = chain::dsse::sign_submission(&secret, &payload);
            submission.signature = Some(Signature { key: public, sig });
        }
        let prepared = Prepared::new(submission).unwrap();
        let at: Instant = self.0.head().next_at("2022-05-01T00:00:00.000000Z".parse().unwrap());
        let decision = self.0.decide(&prepared, at).map_err(|rejection| {
            rejection.0.iter().map(|problem| problem.kind.code().to_owned()).collect::<Vec<_>>()
        })?;
        assert_eq!(decision, Decision::Record);
        for line in self.0.head().lines(&prepared, at).unwrap() {
            self.0.apply(&line.recorded);
        }
        Ok(())
    }

    fn statement(&self, lines: u64, head: EventHash) -> Event {
        CompletenessStated { head, lines, period: "2022-04".parse().unwrap() }.into()
    }
}

fn registered(unit: &str) -> Event {
    let (kind, name) = (UnitKind::Bureau, "演示局".to_owned());
    UnitRegistered { aliases: Vec::new(), kind, name, registered: unit.parse().unwrap() }.into()
}

#[test]
fn a_unit_signs_how_many_lines_it_has_and_the_ledger_repeats_it() {
    let mut story = Story::begins();
    let none = story.statement(0, EventHash::ZERO);
    story.record("finance", vec![none], Some("finance")).unwrap();
    let head = story.0.head().units["finance"];
    assert_eq!(head.lines, 1);
    let one = story.statement(1, head.hash);
    story.record("finance", vec![one], Some("finance")).unwrap();
    let statements = story.0.attested().statements();
    let said: Vec<_> = statements.iter().map(|own| (own.stated.lines, own.had.lines, own.signed)).collect();
    assert_eq!(said, [(0, 0, true), (1, 1, true)]);
}

#[test]
fn a_statement_that_disagrees_with_the_ledger_is_refused_with_both_sides() {
    let mut story = Story::begins();
    for (lines, head) in [(1, EventHash::ZERO), (0, EventHash([7; 32]))] {
        let statement = story.statement(lines, head);
        assert_eq!(
            story.record("finance", vec![statement], Some("finance")),
            Err(vec!["statement-disagrees".to_owned()])
        );
    }
    assert!(story.0.attested().statements().is_empty());
}

#[test]
fn a_statement_without_a_signature_or_behind_other_events_says_nothing() {
    let mut story = Story::begins();
    let unsigned = story.statement(2, story.0.head().units["office"].hash);
    assert!(
        story.record("office", vec![unsigned], None).unwrap_err().contains(&"statement-unsigned".to_owned())
    );
    let statement = story.statement(0, EventHash::ZERO);
    let behind = vec![registered("other"), statement];
    assert!(
        story
            .record("finance", behind, Some("finance"))
            .unwrap_err()
            .contains(&"statement-misplaced".to_owned())
    );
}

#[test]
fn a_table_root_is_recorded_only_by_the_office_for_known_lines_and_rules_in_force() {
    let mut story = Story::begins();
    let attested = TableAttested {
        as_of: "2022-04-25".parse().unwrap(),
        encoder_version: 1,
        plan: "p".parse().unwrap(),
        root: chain::TreeHash([1; 32]),
        rules: chain::ContentHash([2; 32]),
        size: 99,
        table: "scores".to_owned(),
        table_root: chain::TableRoot([3; 32]),
    };
    let refused = story.record("finance", vec![attested.into()], Some("finance")).unwrap_err();
    assert_eq!(refused, ["not-permitted", "beyond-ledger", "rules-not-in-force"]);
}

//! A small ledger with a committee of three, told submission by submission; each is decided before it is recorded.

use chain::note::{KeyType, VerifierKey};
use chain::{EventHash, Instant, TreeHash};
use domain::ledger::snapshots::Slot;
use domain::ledger::{Blockers, Ledger, Prepared, Statement, Submission};
use ed25519_dalek::SigningKey;
use events::{
    CommitteeAppointed, CommitteeMember, Event, SnapshotApproved, SnapshotFrozen, SnapshotKind,
    SnapshotProposed, SnapshotTable,
};
use serde_json::{Value, json};

const RULES: &str = include_str!("../../../../seeds/yingtan-2022/rulebook.toml");
pub const ORIGIN: &str = "ledger.example.org/yingtan-2022";
pub const OFFICE: &str = "digital-office";
pub const COMMITTEE: &str = "committee";
pub const YEAR_END: SnapshotKind = SnapshotKind::YearEnd;

pub struct World {
    pub ledger: Ledger,
    pub now: Instant,
    sent: u128,
}

/// What was recorded, or the codes of what was wrong.
pub type Outcome = Result<EventHash, Vec<&'static str>>;

pub fn key(member: &str) -> SigningKey {
    let seed = chain::hash::content_hash(member.as_bytes());
    SigningKey::from_bytes(&seed.0)
}

pub fn vkey(member: &str, kind: KeyType) -> String {
    VerifierKey::of(member, kind, &key(member)).unwrap().to_string()
}

pub fn member(account: &str) -> CommitteeMember {
    CommitteeMember {
        key: vkey(account, KeyType::Cosignature),
        member: account.parse().unwrap(),
        unit: COMMITTEE.parse().unwrap(),
    }
}

pub fn event(name: &str, data: Value) -> Event {
    Event::decode(name, 1, data.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

impl World {
    /// Two areas, one row, both figures of 2022 verified; no committee yet.
    pub fn begun() -> Self {
        let now = "2023-02-01T01:00:00.000000Z".parse().unwrap();
        let mut world = Self { ledger: Ledger::default(), now, sent: 0 };
        let unit = |id: &str, kind: &str| {
            event("unit-registered", json!({"aliases": [], "kind": kind, "name": id, "registered": id}))
        };
        let mut rules: events::Rulebook = toml::from_str(RULES).unwrap();
        rules.rows.clear();
        rules.conversion.coverage_floor = events::Decimal::ZERO;
        let log_key = vkey(ORIGIN, KeyType::Ed25519);
        let mut opening = vec![
            event(
                "ledger-opened",
                json!({"log_key": log_key, "origin": ORIGIN, "suite": "pl-1", "synthetic": true, "title": "演示数据"}),
            ),
            unit(OFFICE, "digital-office"),
            unit(COMMITTEE, "assessment-committee"),
            unit("bureau", "bureau"),
            unit("guixi", "area-government"),
            event(
                "plan-adopted",
                json!({"city": "某市", "document": "文件", "issued_on": "2022-01-01", "plan": "p", "title": "方案", "years": [2022, 2023]}),
            ),
        ];
        for area in ["guixi", "yujiang"] {
            opening.push(event(
                "area-registered",
                json!({"area": area, "class": "district", "name": area, "plan": "p"}),
            ));
        }
        opening.push(event(
            "indicator-defined",
            json!({"direction": "higher-is-better", "group": "r", "indicator": "r",
            "kind": "flow", "measure": "亿元", "name": "r", "order": 0, "paced": false, "plan": "p",
            "roll_up": {"rule": "independent"}}),
        ));
        for (area, year) in [("guixi", 2022), ("yujiang", 2022), ("guixi", 2023), ("yujiang", 2023)] {
            opening.push(event(
                "target-set",
                json!({"area": area, "indicator": "r", "plan": "p", "raw": "10",
                "target": {"kind": "number", "value": "10"}, "year": year}),
            ));
        }
        opening.push(event(
            "weight-block-defined",
            json!({"block": "b", "indicators": ["r"], "plan": "p", "points": "4", "raw": "4"}),
        ));
        opening.push(event(
            "rulebook-adopted",
            json!({"effective_from": "2022-01-01", "plan": "p", "rulebook": "default", "rules": rules, "title": "规则"}),
        ));
        for (assignee, duty) in [("guixi", "reports"), ("bureau", "verifies")] {
            opening.push(event(
                "responsibility-assigned",
                json!({"assignee": assignee, "duty": duty, "plan": "p"}),
            ));
        }
        for year in [2022, 2023] {
            opening.push(event(
                "period-opened",
                json!({"due_at": format!("{}-03-01T00:00:00.000000Z", year + 1),
                "ends_on": format!("{year}-12-31"), "kind": "year", "period": format!("{year}-year"),
                "starts_on": format!("{year}-01-01")}),
            ));
        }
        world.record(OFFICE, opening).unwrap();
        for area in ["guixi", "yujiang"] {
            let figure = world.report(area, "2022-12-31", "9").unwrap();
            world.record("bureau", vec![event("figure-verified", json!({"figure": figure}))]).unwrap();
        }
        world
    }

    /// As [`begun`](Self::begun), with three members of whom two suffice.
    pub fn with_committee() -> Self {
        let mut world = Self::begun();
        world.appoint(&["member-1", "member-2", "member-3"], 2, &[]).unwrap();
        world
    }

    /// Decides and records; the hash of the last line, or the codes of every problem.
    pub fn record(&mut self, unit: &str, events: Vec<Event>) -> Outcome {
        self.record_by(unit, unit, events)
    }

    pub fn record_by(&mut self, unit: &str, by: &str, events: Vec<Event>) -> Outcome {
        self.sent += 1;
        self.now = Instant::from_micros(self.now.micros() + 1_000_000).unwrap();
        let submission = Submission {
            submission: uuid::Uuid::from_u128(self.sent),
            unit: unit.parse().unwrap(),
            by: by.parse().unwrap(),
            events,
            signature: None,
        };
        let prepared = Prepared::new(submission).unwrap();
        if let Err(rejection) = self.ledger.decide(&prepared, self.now) {
            return Err(rejection.0.iter().map(|problem| problem.kind.code()).collect());
        }
        let lines = self.ledger.head().lines(&prepared, self.now).unwrap();
        lines.iter().for_each(|line| self.ledger.apply(&line.recorded));
        Ok(lines.last().unwrap().recorded.hash)
    }

    pub fn report(&mut self, area: &str, as_at: &str, value: &str) -> Outcome {
        let period = format!("{}-year", &as_at[..4]);
        self.record(
            "guixi",
            vec![
                event("submission-filed", json!({"channel": "json", "confirmed": [], "period": period})),
                event(
                    "figure-reported",
                    json!({"area": area, "as_at": as_at, "indicator": "r", "period": period,
                    "plan": "p", "status": "final", "value": value}),
                ),
            ],
        )
    }

    pub fn size(&self) -> u64 {
        self.ledger.head().size
    }

    pub fn appoint(&mut self, members: &[&str], quorum: u16, approved_by: &[&str]) -> Outcome {
        let appointed = CommitteeAppointed {
            approvals: Vec::new(),
            document: "任命文件".to_owned(),
            members: members.iter().map(|account| member(account)).collect(),
            plan: "p".parse().unwrap(),
            quorum,
            root: TreeHash::ZERO,
            size: self.size(),
        };
        self.appoint_as(appointed, approved_by)
    }

    pub fn appoint_as(&mut self, mut appointed: CommitteeAppointed, approved_by: &[&str]) -> Outcome {
        let drawn_up = appointed.clone().into();
        appointed.approvals = approved_by.iter().map(|account| signed(account, &drawn_up)).collect();
        self.record(OFFICE, vec![appointed.into()])
    }

    /// A manifest of the ledger as it stands.
    pub fn manifest(&self, year: u16) -> SnapshotProposed {
        let slot = slot(year);
        let registry = self.ledger.book().registry();
        let rules = registry.plans().next().unwrap().1.rulebooks()[0].rules_hash;
        let table = |name: &str| SnapshotTable {
            encoder_version: 1,
            root: chain::hash::table_root(name.as_bytes()),
            rows: 3,
            table: name.to_owned(),
        };
        let size = self.size();
        SnapshotProposed {
            as_of: slot.as_of(),
            checklist: Blockers::of(self.ledger.book(), self.ledger.snapshots(), &slot, size).counts(),
            kind: YEAR_END,
            notice: None,
            plan: slot.plan,
            restates: None,
            root: TreeHash::ZERO,
            rules,
            size,
            tables: vec![table("ranking"), table("scores")],
            waiver: None,
            year,
        }
    }

    pub fn propose(&mut self, manifest: SnapshotProposed) -> Outcome {
        self.record(OFFICE, vec![manifest.into()])
    }

    pub fn proposed(&mut self) -> EventHash {
        let manifest = self.manifest(2022);
        self.propose(manifest).unwrap()
    }

    /// A member's approval of what a snapshot proposes.
    pub fn approval(&self, account: &str, snapshot: EventHash) -> SnapshotApproved {
        let manifest = self.ledger.snapshots().snapshot(&snapshot).unwrap().manifest.clone();
        let approval = signed(account, &manifest.into());
        SnapshotApproved { approval, member: account.parse().unwrap(), snapshot }
    }

    pub fn approve(&mut self, account: &str, snapshot: EventHash) -> Outcome {
        let approved = self.approval(account, snapshot);
        self.record(COMMITTEE, vec![approved.into()])
    }

    pub fn freeze(&mut self, snapshot: EventHash) -> Outcome {
        self.record(COMMITTEE, vec![SnapshotFrozen { snapshot }.into()])
    }

    /// Proposed, approved by two and frozen.
    pub fn frozen(&mut self, year: u16) -> EventHash {
        let manifest = self.manifest(year);
        let snapshot = self.propose(manifest).unwrap();
        self.approve("member-1", snapshot).unwrap();
        self.approve("member-2", snapshot).unwrap();
        self.freeze(snapshot).unwrap();
        snapshot
    }
}

pub fn slot(year: u16) -> Slot {
    Slot { plan: "p".parse().unwrap(), year, kind: YEAR_END }
}

/// A member's signature line over an event's payload.
pub fn signed(account: &str, event: &Event) -> String {
    let statement = Statement::of(ORIGIN, event).unwrap();
    statement.approvable().approve(account, &key(account), 1_675_213_200).unwrap()
}

//! The ledger that is mutated: a few dozen lines (演示数据) with everything that a ledger's folder can hold.

use std::path::{Path, PathBuf};

use app::SavedStates;
use app::publish::{HeadFile, HeadSigner, Publisher};
use chain::note::{KeyType, VerifierKey};
use chain::tree_index::TreeIndex;
use chain::{Instant, TreeHash};
use domain::ledger::{Ledger, Prepared, Statement, Submission};
use domain::registry::PlanIx;
use domain::scoring::At;
use ed25519_dalek::SigningKey;
use events::{
    CommitteeAppointed, CommitteeMember, CompletenessStated, Event, KeyEnrolled, LogKeyChanged, Signature,
    SnapshotApproved, SnapshotFrozen, SnapshotKind,
};
use projections::snapshots::{Terms, folder, manifest, remake};
use projections::{ReadModel, Reading, TableKind};
use serde_json::{Value, json};
use store::EventLog as _;
use store_journal::{Filling, Journal, JournalOptions};
use tempfile::TempDir;

pub const ORIGIN: &str = "example.com/mutations";
const OFFICE: &str = "digital-office";
const COMMITTEE: &str = "committee";
/// Small enough for three segments.
const SEGMENT_BYTES: u64 = 9_000;

/// A key by its name: the same each time.
pub struct Key(SigningKey, VerifierKey);

impl Key {
    pub fn of(name: &str, kind: KeyType, seed: &str) -> Self {
        let secret = SigningKey::from_bytes(&chain::hash::content_hash(seed.as_bytes()).0);
        let public = VerifierKey::of(name, kind, &secret).unwrap();
        Self(secret, public)
    }

    /// The first or the second key of the ledger's heads.
    pub fn of_heads(number: u8) -> Self {
        Self::of(ORIGIN, KeyType::Ed25519, &format!("heads {number}"))
    }

    pub const fn verifier(&self) -> &VerifierKey {
        &self.1
    }

    fn of_unit(unit: &str) -> Self {
        Self::of(unit, KeyType::Ed25519, unit)
    }

    fn of_member(account: &str) -> Self {
        Self::of(account, KeyType::Cosignature, account)
    }
}

impl HeadSigner for Key {
    fn key(&self) -> &VerifierKey {
        &self.1
    }

    fn sign(&self, text: &str) -> String {
        chain::note::sign(self.1.name(), &self.0, text).unwrap()
    }
}

/// The folder of a ledger and what is kept beside it.
pub struct Built {
    outer: TempDir,
}

impl Built {
    /// An empty place for a ledger.
    pub fn empty() -> Self {
        let outer = tempfile::tempdir().unwrap();
        std::fs::create_dir(outer.path().join("ledger")).unwrap();
        Self { outer }
    }

    pub fn ledger(&self) -> PathBuf {
        self.outer.path().join("ledger")
    }

    /// What the folder and its surroundings are named from.
    pub fn outer(&self) -> &Path {
        self.outer.path()
    }

    pub fn kept_head(&self) -> PathBuf {
        HeadFile::beside(&self.ledger()).path().to_owned()
    }
}

/// A ledger under way.
struct World {
    built: Built,
    journal: Journal,
    ledger: Ledger,
    tree: TreeIndex,
    now: Instant,
    sent: u128,
}

/// Builds it: two heads, a key rotation between them, a table on record, a unit's statement, a frozen snapshot with its
/// files, a compressed, a sealed and an active segment, tiles, saved state.
pub fn build() -> Built {
    let mut world = World::opened();
    // Only the opening is in a sealed segment so far: the plan and all after it stay readable.
    world.journal.compress(&mut |_, _| {}).unwrap();
    world.figures();
    world.attest();
    world.sign(&Key::of_heads(1));
    // Kept for the tests: an older head, validly signed.
    let ledger = world.built.ledger();
    std::fs::copy(ledger.join("checkpoint"), world.built.outer().join("older")).unwrap();
    world.rotate_and_state();
    world.freeze();
    world.sign(&Key::of_heads(2));
    SavedStates::new(ledger.join("state")).save(&world.model()).unwrap();
    let World { built, .. } = world;
    built
}

fn event(name: &str, data: Value) -> Event {
    Event::decode(name, 1, data.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn options() -> JournalOptions {
    JournalOptions {
        segment_bytes: SEGMENT_BYTES,
        padding_bytes: 64,
        filling: Filling::Inline,
        ..JournalOptions::default()
    }
}

impl World {
    fn opened() -> Self {
        let built = Built::empty();
        let mut world = Self {
            journal: Journal::open(&built.ledger(), options()).unwrap(),
            built,
            ledger: Ledger::default(),
            tree: TreeIndex::default(),
            now: "2023-02-01T01:00:00.000000Z".parse().unwrap(),
            sent: 0,
        };
        world.record(OFFICE, None, opening());
        world.record(OFFICE, None, plan());
        world
    }

    /// Decides and records.
    fn record(&mut self, unit: &str, key: Option<&Key>, events: Vec<Event>) {
        self.sent += 1;
        self.now = Instant::from_micros(self.now.micros() + 1_000_000).unwrap();
        let mut submission = Submission {
            submission: uuid::Uuid::from_u128(self.sent),
            unit: unit.parse().unwrap(),
            by: unit.parse().unwrap(),
            events,
            signature: None,
        };
        if let Some(key) = key {
            let payload = Prepared::new(submission.clone()).unwrap().payload();
            let sig = chain::dsse::sign_submission(&key.0, &payload);
            submission.signature = Some(Signature { key: key.1.to_string(), sig });
        }
        let prepared = Prepared::new(submission).unwrap();
        if let Err(rejection) = self.ledger.decide(&prepared, self.now) {
            panic!("{:?}", rejection.0);
        }
        let lines = self.ledger.head().lines(&prepared, self.now).unwrap();
        let bytes: Vec<&[u8]> = lines.iter().map(|line| line.bytes.as_slice()).collect();
        self.journal.append(self.ledger.head().size, &bytes).unwrap();
        for line in &lines {
            self.tree.append(chain::hash::leaf_hash(&line.bytes));
            self.ledger.apply(&line.recorded);
        }
    }

    fn model(&self) -> ReadModel {
        ReadModel::of(self.ledger.clone(), self.tree.clone())
    }

    fn root(&self) -> TreeHash {
        self.tree.root()
    }

    fn size(&self) -> u64 {
        self.ledger.head().size
    }

    fn sign(&self, key: &Key) {
        let ledger = self.built.ledger();
        let publisher = Publisher::new(&ledger, HeadFile::beside(&ledger));
        let unpublished = publisher.sign(&self.journal, &self.model(), key).unwrap().unwrap();
        publisher.publish(&unpublished).unwrap();
    }

    /// What one area reports and signs, and the bureau verifies.
    fn figures(&mut self) {
        let key = Key::of_unit("guixi");
        let enrolled = KeyEnrolled { holder: "guixi".parse().unwrap(), key: key.1.to_string() };
        self.record(OFFICE, None, vec![enrolled.into()]);
        let figure = |area: &str, value: &str| {
            let data = json!({"area": area, "as_at": "2022-12-31", "indicator": "r", "period": "2022-year",
                "plan": "p", "status": "final", "value": value});
            event("figure-reported", data)
        };
        let filed = json!({"channel": "json", "confirmed": [], "period": "2022-year"});
        let figures =
            vec![event("submission-filed", filed), figure("guixi", "9.13"), figure("yujiang", "5.30")];
        self.record("guixi", Some(&key), figures);
        let cells = self.ledger.book().cells().map(|(_, cell)| cell.figures()[0].hash).collect::<Vec<_>>();
        let verified = |hash| event("figure-verified", json!({"figure": hash}));
        self.record("bureau", None, cells.into_iter().map(verified).collect());
    }

    fn reading_at<'a>(&self, model: &'a ReadModel) -> Reading<'a> {
        let at = At { as_of: SnapshotKind::YearEnd.as_of(2022), known: model.size() };
        Reading::in_force(model.ledger().book(), PlanIx(0), at, model.tree().root()).unwrap()
    }

    fn attest(&mut self) {
        let model = self.model();
        let reading = self.reading_at(&model);
        let attested = [TableKind::Scores, TableKind::Ranking].map(|kind| kind.attest(&reading).into());
        self.record(OFFICE, None, attested.to_vec());
    }

    fn rotate_and_state(&mut self) {
        let log_key = Key::of_heads(2).1.to_string();
        self.record(OFFICE, None, vec![LogKeyChanged { log_key }.into()]);
        let own = self.ledger.head().units["guixi"];
        let (head, lines) = (own.hash, own.lines);
        let stated = CompletenessStated { head, lines, period: "2022-year".parse().unwrap() };
        self.record("guixi", Some(&Key::of_unit("guixi")), vec![stated.into()]);
    }

    fn freeze(&mut self) {
        let member = |account: &str| CommitteeMember {
            key: Key::of_member(account).1.to_string(),
            member: account.parse().unwrap(),
            unit: COMMITTEE.parse().unwrap(),
        };
        let appointed = CommitteeAppointed {
            approvals: Vec::new(),
            document: "演示文件".to_owned(),
            members: vec![member("member-1"), member("member-2")],
            plan: "p".parse().unwrap(),
            quorum: 2,
            root: self.root(),
            size: self.size(),
        };
        self.record(OFFICE, None, vec![appointed.into()]);
        let model = self.model();
        let reading = self.reading_at(&model);
        let snapshots = self.ledger.snapshots();
        let proposed = manifest(&reading, snapshots, 2022, SnapshotKind::YearEnd, Terms::default());
        self.record(OFFICE, None, vec![proposed.clone().into()]);
        let snapshot = self.ledger.head().hash;
        for account in ["member-1", "member-2"] {
            let statement = Statement::of(ORIGIN, &proposed.clone().into()).unwrap();
            let approval = statement.approvable().approve(account, &Key::of_member(account).0, 0).unwrap();
            let approved = SnapshotApproved { approval, member: account.parse().unwrap(), snapshot };
            self.record(COMMITTEE, None, vec![approved.into()]);
        }
        self.record(COMMITTEE, None, vec![SnapshotFrozen { snapshot }.into()]);
        self.keep_copies(snapshot);
    }

    /// The files as `snapshot approve` leaves them.
    fn keep_copies(&self, snapshot: chain::EventHash) {
        let snapshot = self.ledger.snapshots().snapshot(&snapshot).unwrap();
        let copies = self.built.ledger().join(folder(snapshot));
        std::fs::create_dir_all(&copies).unwrap();
        let text = chain::json::to_canonical(&snapshot.manifest).unwrap();
        std::fs::write(copies.join("manifest.json"), text).unwrap();
        for own in remake(self.ledger.book(), &snapshot.manifest, snapshot.manifest.root).unwrap() {
            std::fs::write(copies.join(format!("{}.jsonl", own.listed.table)), own.table.bytes()).unwrap();
        }
    }
}

fn opening() -> Vec<Event> {
    let unit = |id: &str, kind: &str| {
        event("unit-registered", json!({"aliases": [], "kind": kind, "name": id, "registered": id}))
    };
    let log_key = Key::of_heads(1).1.to_string();
    let opened = json!({"log_key": log_key, "origin": ORIGIN, "suite": "pl-1", "synthetic": true,
        "title": "演示数据"});
    vec![
        event("ledger-opened", opened),
        unit(OFFICE, "digital-office"),
        unit(COMMITTEE, "assessment-committee"),
        unit("bureau", "bureau"),
        unit("guixi", "area-government"),
    ]
}

/// Two areas, one row.
fn plan() -> Vec<Event> {
    let mut events = vec![event(
        "plan-adopted",
        json!({"city": "演示市", "document": "演示文件", "issued_on": "2022-01-01", "plan": "p", "title": "演示方案",
            "years": [2022]}),
    )];
    for area in ["guixi", "yujiang"] {
        let registered = json!({"area": area, "class": "district", "name": area, "plan": "p"});
        events.push(event("area-registered", registered));
    }
    let row = json!({"direction": "higher-is-better", "group": "r", "indicator": "r", "kind": "flow",
        "measure": "亿元", "name": "r", "order": 0, "paced": false, "plan": "p",
        "roll_up": {"rule": "independent"}});
    events.push(event("indicator-defined", row));
    for area in ["guixi", "yujiang"] {
        let target = json!({"area": area, "indicator": "r", "plan": "p", "raw": "10",
            "target": {"kind": "number", "value": "10"}, "year": 2022});
        events.push(event("target-set", target));
    }
    let block = json!({"block": "b", "indicators": ["r"], "plan": "p", "points": "4", "raw": "4"});
    events.push(event("weight-block-defined", block));
    let mut rules = seeds::yingtan_2022_rules();
    rules.rows.clear();
    rules.conversion.coverage_floor = events::Decimal::ZERO;
    let adopted = json!({"effective_from": "2022-01-01", "plan": "p", "rulebook": "default", "rules": rules,
        "title": "演示规则"});
    events.push(event("rulebook-adopted", adopted));
    for (assignee, duty) in [("guixi", "reports"), ("bureau", "verifies")] {
        let assigned = json!({"assignee": assignee, "duty": duty, "plan": "p"});
        events.push(event("responsibility-assigned", assigned));
    }
    let period = json!({"due_at": "2023-03-01T00:00:00.000000Z", "ends_on": "2022-12-31", "kind": "year",
        "period": "2022-year", "starts_on": "2022-01-01"});
    events.push(event("period-opened", period));
    events
}

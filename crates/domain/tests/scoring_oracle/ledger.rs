//! A small plan and a random history, as recorded lines.

use chain::{EventHash, Instant};
use events::{Event, Recorded};
use serde_json::{Value, json};

use crate::choices::Choices;

const CLASSES: [&str; 4] = ["district", "functional-zone", "city", "city-level"];
const DAYS: [&str; 4] = ["2022-06-30", "2022-09-15", "2022-12-31", "2023-03-31"];
const ABSENT: [&str; 3] = ["not-available", "not-applicable", "withheld"];

/// One day's versions of a cell that later acts can name.
struct Figure {
    hash: EventHash,
    verified: bool,
    corrected: bool,
    withdrawn: bool,
    /// Cell and day.
    place: (usize, usize, usize),
}

/// The lines so far, with what later lines can name.
#[derive(Default)]
pub struct Ledger {
    pub lines: Vec<Recorded>,
    pub areas: Vec<String>,
    pub rows: Vec<String>,
    pub bonus_rows: Vec<String>,
    /// Each block with its rows.
    pub blocks: Vec<(String, Vec<String>)>,
    figures: Vec<Figure>,
    targets: Vec<EventHash>,
    awards: Vec<EventHash>,
}

impl Ledger {
    /// A plan, a history, and sometimes more of the plan in the midst of it.
    pub fn told_by(choices: &mut Choices) -> Self {
        let mut ledger = Self::default();
        let plan = json!({"city": "某市", "document": "文件", "issued_on": "2022-01-01", "plan": "p",
            "title": "演示数据", "years": [2022, 2023]});
        ledger.tell("plan-adopted", plan);
        ledger.area("city");
        for _ in 0..2 + choices.below(3) {
            ledger.area(choices.of::<&str>(&CLASSES));
        }
        for _ in 0..1 + choices.below(3) {
            ledger.new_block(choices);
        }
        ledger.bonus_row();
        for _ in 0..choices.below(40) {
            ledger.act(choices);
        }
        ledger
    }

    fn tell(&mut self, name: &str, data: Value) -> EventHash {
        let position = self.lines.len() as u64;
        let hash = chain::hash::event_hash(&position.to_be_bytes());
        let event = Event::decode(name, 1, data.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        self.lines.push(Recorded {
            position,
            hash,
            at: Instant::from_micros(i64::try_from(position).unwrap()).unwrap(),
            by: "a".parse().unwrap(),
            unit: "u".parse().unwrap(),
            unit_seq: position,
            submission: uuid::Uuid::from_u128(position.into()),
            submission_size: 1,
            signature: None,
            event,
        });
        hash
    }

    fn area(&mut self, class: &str) {
        let area = format!("area-{}", self.areas.len());
        self.tell("area-registered", json!({"area": area, "class": class, "name": area, "plan": "p"}));
        self.areas.push(area);
    }

    fn bonus_row(&mut self) {
        let row = format!("bonus-{}", self.bonus_rows.len());
        let mut data = indicator(&row);
        data["bonus"] = json!({"per": "项", "points": "0.75"});
        self.tell("indicator-defined", data);
        self.bonus_rows.push(row);
    }

    /// One or two rows, their targets and the block they share; sometimes a row without points.
    fn new_block(&mut self, choices: &mut Choices) {
        let block = format!("block-{}", self.blocks.len());
        let rows: Vec<_> = (0..1 + choices.below(2)).map(|_| self.row(choices)).collect();
        if !choices.once_in(6) {
            let points = choices.hundredths(100, 900);
            let data =
                json!({"block": block, "indicators": rows, "plan": "p", "points": points, "raw": "演示"});
            self.tell("weight-block-defined", data);
            self.blocks.push((block, rows));
        }
        self.file(choices);
    }

    fn row(&mut self, choices: &mut Choices) -> String {
        let row = format!("row-{}", self.rows.len());
        let mut data = indicator(&row);
        data["direction"] = json!(choices.of(&["higher-is-better", "lower-is-better"]));
        data["paced"] = json!(choices.once_in(2));
        data["roll_up"] = self.roll_up(choices);
        self.tell("indicator-defined", data);
        self.rows.push(row.clone());
        for area in 0..self.areas.len() {
            for year in [2022, 2023] {
                if !choices.once_in(10) {
                    let data = json!({"area": self.areas[area], "indicator": row, "plan": "p", "raw": "演示",
                        "target": target(choices), "year": year});
                    let hash = self.tell("target-set", data);
                    self.targets.push(hash);
                }
            }
        }
        row
    }

    /// Some of the areas, the city itself left out; the weights are a row's that is there already.
    fn roll_up(&self, choices: &mut Choices) -> Value {
        let areas: Vec<_> = self.areas[1..].iter().filter(|_| !choices.once_in(3)).collect();
        match choices.below(5) {
            0 | 1 => json!({"rule": "independent"}),
            2 => json!({"rule": "city-only"}),
            3 if !self.rows.is_empty() => {
                json!({"rule": "weighted-mean", "areas": areas, "weight": choices.of(&self.rows)})
            }
            _ => json!({"rule": "sum", "areas": areas}),
        }
    }

    fn act(&mut self, choices: &mut Choices) {
        match choices.below(40) {
            0..=2 => self.file(choices),
            3..=21 => self.report(choices),
            22..=28 => self.mark(choices),
            29..=31 => self.revise(choices),
            32..=36 => self.award(choices),
            37 => self.revoke(choices),
            38 => self.new_block(choices),
            _ if choices.once_in(3) => self.area(choices.of::<&str>(&CLASSES)),
            _ => self.bonus_row(),
        }
    }

    /// Reports most cells on one day, so that areas can be compared.
    fn file(&mut self, choices: &mut Choices) {
        let day = choices.below(DAYS.len());
        for row in 0..self.rows.len() {
            for area in 0..self.areas.len() {
                if !choices.once_in(8) {
                    self.value((row, area, day), choices);
                }
            }
        }
    }

    fn report(&mut self, choices: &mut Choices) {
        let place =
            (choices.below(self.rows.len()), choices.below(self.areas.len()), choices.below(DAYS.len()));
        self.value(place, choices);
    }

    /// Reports a cell's day, or corrects what stands there.
    fn value(&mut self, place: (usize, usize, usize), choices: &mut Choices) {
        let (row, area, day) = place;
        let value = if choices.once_in(8) { json!(choices.of(&ABSENT)) } else { json!(choices.number()) };
        let standing = |figure: &&mut Figure| figure.place == place && !figure.withdrawn && !figure.corrected;
        let before = self.figures.iter_mut().find(standing).map(|before| {
            before.corrected = true;
            before.hash
        });
        let hash = match before {
            Some(before) => self.tell(
                "figure-corrected",
                json!({"corrects": before, "material": choices.once_in(2), "reason": "misreported",
                    "status": "final", "value": value}),
            ),
            None => self.tell(
                "figure-reported",
                json!({"area": self.areas[area], "as_at": DAYS[day], "indicator": self.rows[row],
                    "period": "2022-06", "plan": "p", "status": "final", "value": value}),
            ),
        };
        self.figures.push(Figure { hash, verified: false, corrected: false, withdrawn: false, place });
    }

    /// Verifies, approves, returns or withdraws a figure that nothing has corrected.
    fn mark(&mut self, choices: &mut Choices) {
        let mut open: Vec<_> =
            self.figures.iter_mut().filter(|figure| !figure.corrected && !figure.withdrawn).collect();
        if open.is_empty() {
            return;
        }
        let at = choices.below(open.len());
        let figure = &mut open[at];
        let hash = figure.hash;
        match choices.below(5) {
            0 | 1 if !figure.verified => {
                figure.verified = true;
                self.tell("figure-verified", json!({"figure": hash}));
            }
            0..=2 => {
                figure.verified = true;
                self.tell("figure-approved", json!({"figure": hash}));
            }
            3 => {
                self.tell("figure-returned", json!({"figure": hash, "reason": "演示"}));
            }
            _ => {
                figure.withdrawn = true;
                self.tell("figure-withdrawn", json!({"figure": hash, "reason": "演示"}));
            }
        }
    }

    fn revise(&mut self, choices: &mut Choices) {
        if self.targets.is_empty() {
            return;
        }
        let revises = *choices.of(&self.targets);
        let data = json!({"document": "演示", "effective_from": choices.day(), "raw": "演示", "reason": "演示",
            "revises": revises, "target": target(choices)});
        let hash = self.tell("target-revised", data);
        self.targets.push(hash);
    }

    fn award(&mut self, choices: &mut Choices) {
        let area = choices.of(&self.areas).clone();
        let mut data = json!({"area": area, "document": "演示", "occurred_on": choices.day(), "plan": "p"});
        let name = match choices.below(5) {
            0 | 1 => {
                data["indicator"] = json!(choices.of(&self.bonus_rows));
                data["quantity"] = json!(1 + choices.below(4));
                "bonus-granted"
            }
            2 | 3 => {
                data["deduction"] = json!(choices.of(&["late", "wrong", "unknown"]));
                data["quantity"] = json!(1 + choices.below(4));
                "deduction-imposed"
            }
            _ => {
                data["reason"] = json!("演示");
                "veto-imposed"
            }
        };
        let hash = self.tell(name, data);
        self.awards.push(hash);
    }

    fn revoke(&mut self, choices: &mut Choices) {
        if !self.awards.is_empty() {
            let at = choices.below(self.awards.len());
            let award = self.awards.swap_remove(at);
            self.tell("award-revoked", json!({"award": award, "reason": "演示"}));
        }
    }
}

fn indicator(row: &str) -> Value {
    json!({"direction": "higher-is-better", "group": "演示", "indicator": row, "kind": "flow", "measure": "个",
        "name": row, "order": 0, "paced": false, "plan": "p", "roll_up": {"rule": "independent"}})
}

fn target(choices: &mut Choices) -> Value {
    match choices.below(16) {
        0..=10 => json!({"kind": "number", "value": choices.number()}),
        11 => json!({"kind": "number", "value": "0"}),
        12 => json!({"kind": "not-assessed"}),
        13 => json!({"kind": "not-yet-set"}),
        14 => json!({"kind": "exceeds-city"}),
        _ => json!({"kind": "void"}),
    }
}

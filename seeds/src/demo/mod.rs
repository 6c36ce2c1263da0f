//! A synthetic year (演示数据): everything a ledger can go through, made up and said to be.
//!
//! [`Demo`] tells what happens next, given the ledger as it stands; whoever runs it decides, appends and comes back.
//! What happens is a function of the options alone: the same options give the same submissions at the same instants.
//!
//! The first city has the plan's own ids. Its first year tells the stories a reader should find: a figure mistyped, returned
//! and corrected; a late filing and a missing one; a figure withdrawn and reported again; a deadline extended; a target
//! revised; rules changed at mid-year; bonuses, one of them revoked; a deduction; a figure that is not available; GDP restated.

mod acts;
mod calendar;
mod cells;
mod city;
mod noise;
mod told;
mod year;

use std::collections::BTreeMap;

use chain::Instant;
use domain::book::Book;
use domain::catalogue::Plan;
use domain::ledger::Submission;
use events::{AccountId, Event, UnitId};

use acts::Act;
use cells::Cell;
use city::City;
use noise::Noise;

/// What to demonstrate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The seed of all variety.
    pub seed: u64,
    /// How many cities, from 1.
    pub cities: u32,
    /// How many years, from 1; at most as many as the plan has.
    pub years: u16,
    /// The ledger's name in tree heads.
    pub origin: String,
    /// The tree-head key: a C2SP verifier key of type 0x01 named as the origin.
    pub log_key: String,
}

/// A submission and the instant it is sent at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// When.
    pub at: Instant,
    /// What.
    pub submission: Submission,
}

/// A demonstration on its way.
#[derive(Debug)]
pub struct Demo {
    options: Options,
    noise: Noise,
    /// The first city's plan; the others' differ only in names.
    plan: Plan,
    rules: events::Rulebook,
    cells: Vec<Cell>,
    cities: Vec<City>,
    /// What is to come, by instant and then by the order it was planned in.
    agenda: BTreeMap<(Instant, u64), Act>,
    planned: u64,
    sent: u64,
}

impl Demo {
    /// Begins a demonstration of a plan under rules.
    ///
    /// # Panics
    /// When a city or year is asked for that cannot be: none at all, or a year the plan has no targets for.
    #[must_use]
    pub fn new(plan: Plan, rules: events::Rulebook, options: Options) -> Self {
        assert!(options.cities >= 1, "a demonstration has a city");
        assert!(
            (1..=plan.years.len()).contains(&usize::from(options.years)),
            "the plan has targets for each year"
        );
        let mut demo = Self {
            noise: Noise(options.seed),
            cells: cells::cells(&plan),
            cities: (0..options.cities).map(|number| City::new(number, &plan)).collect(),
            plan,
            rules,
            options,
            agenda: BTreeMap::new(),
            planned: 0,
            sent: 0,
        };
        demo.plan_opening();
        demo
    }

    /// What is sent next to the ledger that `book` was read from; none when the last year is over.
    ///
    /// The submission before must be on record: later ones name its lines.
    pub fn next(&mut self, book: &Book) -> Option<Timed> {
        while let Some(((at, _), act)) = self.agenda.pop_first() {
            if let Act::PlanYear(year) = act {
                self.plan_year(year);
                continue;
            }
            let (unit, events) = self.perform(&act, book, at);
            if !events.is_empty() {
                return Some(self.timed(at, unit, events));
            }
        }
        None
    }

    fn timed(&mut self, at: Instant, unit: UnitId, events: Vec<Event>) -> Timed {
        self.sent += 1;
        let bits = |half: u64| u128::from(self.noise.bits(&[SUBMISSION, self.sent, half]));
        let random = (bits(0) << 64 | bits(1)).to_be_bytes();
        let submission = uuid::Builder::from_random_bytes(random).into_uuid();
        let by: AccountId = "demo".parse().expect("a valid account id");
        Timed { at, submission: Submission { submission, unit, by, events, signature: None } }
    }

    fn plan_act(&mut self, at: Instant, act: Act) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), act);
    }

    fn administrator(&self, city: usize) -> UnitId {
        self.cities[city].unit(&self.plan.administrator)
    }
}

/// What noise is asked for; the first of each purpose's numbers.
const SUBMISSION: u64 = 1;
const FILING: u64 = 2;
const NARRATIVE: u64 = 3;
const CORRECTION: u64 = 4;

//! The synthetic first city's year, as lines and as a read model.

use chain::{Date, Instant, TreeHash};
use domain::book::Book;
use domain::ledger::{Prepared, Submission};
use domain::registry::PlanIx;
use domain::scoring::At;
use events::Recorded;
use projections::{ReadModel, Reading};
use seeds::demo::{Demo, Options};

/// A key of the format's published example ledgers; nothing here signs.
const LOG_KEY: &str = "ledger.example.org/n0001+1872a52a+AcIkZdE9BzfYbDWbCr+N2X4J+2qdS3nmn0W7vXVeBwOA";

/// A ledger's lines, and the model they fold to.
pub struct Year {
    pub lines: Vec<Recorded>,
    pub leaves: Vec<TreeHash>,
    pub model: ReadModel,
}

impl Year {
    /// Decides and applies the demonstration of one city and one year.
    pub fn new() -> Self {
        let origin = "ledger.example.org/n0001".to_owned();
        let options = Options { seed: 2022, cities: 1, years: 1, origin, log_key: LOG_KEY.to_owned() };
        let mut demo = Demo::new(seeds::yingtan_2022(), seeds::yingtan_2022_rules(), options);
        let mut year = Self { lines: Vec::new(), leaves: Vec::new(), model: ReadModel::default() };
        while let Some(timed) = demo.next(year.model.ledger().book()) {
            year.record(timed.submission, timed.at);
        }
        year
    }

    /// Applies a submission without deciding it.
    pub fn record(&mut self, submission: Submission, at: Instant) {
        let prepared = Prepared::new(submission).expect("canonical texts");
        let at = self.model.ledger().head().next_at(at);
        let lines = self.model.ledger().head().lines(&prepared, at).expect("lines within their limits");
        for line in lines {
            let leaf = chain::hash::leaf_hash(&line.bytes);
            self.model.apply(&line.recorded, leaf);
            self.leaves.push(leaf);
            self.lines.push(line.recorded);
        }
    }

    pub fn book(&self) -> &Book {
        self.model.ledger().book()
    }

    pub fn root(&self, known: u64) -> TreeHash {
        let needed = self.model.tree().leaves_needed(known);
        let (start, end) = (usize::try_from(needed.start).unwrap(), usize::try_from(needed.end).unwrap());
        self.model.tree().root_at(known, &self.leaves[start..end])
    }

    /// How many lines were recorded up to the end of a day in China.
    pub fn size_at(&self, day: &str) -> u64 {
        let day = date(day);
        self.lines.partition_point(|line| line.at.china_date() <= day) as u64
    }

    /// A reading as of a day, known at a size, under the rules in force.
    pub fn reading(&self, as_of: &str, known: u64) -> Reading<'_> {
        let at = At { as_of: date(as_of), known };
        Reading::in_force(self.book(), PlanIx(0), at, self.root(known)).expect("rules in force")
    }

    /// A reading with everything known.
    pub fn latest(&self, as_of: &str) -> Reading<'_> {
        self.reading(as_of, self.model.size())
    }
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

//! What becomes of arrivals at clusters that take one append after another: queues and waits, in whole microseconds.
//!
//! A ledger has one append in flight. What arrives for it meanwhile goes in its next append together, as the sequencer
//! does; appends of different ledgers on one cluster wait for each other.

use std::collections::VecDeque;

use super::arrivals::Arrival;

/// What an append costs, measured: a round trip and so much for each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub round_trip_ns: u64,
    pub line_ns: u64,
}

impl Cost {
    fn of(self, lines: u64) -> u64 {
        (self.round_trip_ns + self.line_ns * lines).div_ceil(1000)
    }
}

/// Reports of one ledger that go in its next append.
struct Group {
    ledger: u32,
    arrived: Vec<u64>,
}

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Microseconds from arrival to receipt of every report, ascending.
    pub waits: Vec<u64>,
    /// The most reports that were waiting or being appended at once, on one cluster.
    pub longest_queue: usize,
    /// Microseconds in which a cluster appended, the busiest one's.
    pub busy: u64,
}

/// Lets a week's reports arrive at `clusters`; ledgers are dealt out in turn.
pub fn simulate(
    arrivals: &[Arrival],
    clusters: u32,
    lines_per_report: u64,
    most_lines: u64,
    cost: Cost,
) -> Outcome {
    let mut all = Outcome::default();
    for cluster in 0..clusters {
        let own: Vec<_> = arrivals.iter().copied().filter(|own| own.ledger % clusters == cluster).collect();
        let most = usize::try_from((most_lines / lines_per_report).max(1)).expect("reports of one append");
        let one = Cluster { most, lines_per_report, cost }.run(&own);
        all.waits.extend(one.waits);
        all.longest_queue = all.longest_queue.max(one.longest_queue);
        all.busy = all.busy.max(one.busy);
    }
    all.waits.sort_unstable();
    all
}

struct Cluster {
    /// Reports that go in one append.
    most: usize,
    lines_per_report: u64,
    cost: Cost,
}

impl Cluster {
    fn run(&self, arrivals: &[Arrival]) -> Outcome {
        let mut outcome = Outcome::default();
        let mut waiting: VecDeque<Group> = VecDeque::new();
        let mut coming = arrivals.iter().peekable();
        let mut now = 0;
        while let Some(first) = waiting.front().map(|_| now).or_else(|| coming.peek().map(|own| own.at)) {
            now = now.max(first);
            while let Some(arrival) = coming.next_if(|own| own.at <= now) {
                self.queue(&mut waiting, *arrival);
            }
            let queued: usize = waiting.iter().map(|group| group.arrived.len()).sum();
            outcome.longest_queue = outcome.longest_queue.max(queued);
            let group = waiting.pop_front().expect("one has arrived by now");
            let took = self.cost.of(self.lines_per_report * group.arrived.len() as u64);
            now += took;
            outcome.busy += took;
            outcome.waits.extend(group.arrived.iter().map(|arrived| now - arrived));
        }
        outcome
    }

    fn queue(&self, waiting: &mut VecDeque<Group>, arrival: Arrival) {
        let open = |group: &&mut Group| group.ledger == arrival.ledger && group.arrived.len() < self.most;
        match waiting.iter_mut().find(open) {
            Some(group) => group.arrived.push(arrival.at),
            None => waiting.push_back(Group { ledger: arrival.ledger, arrived: vec![arrival.at] }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrival, Cost, simulate};

    const COST: Cost = Cost { round_trip_ns: 2_000, line_ns: 1_000 };

    fn at(at: u64, ledger: u32) -> Arrival {
        Arrival { at, ledger }
    }

    #[test]
    fn reports_of_one_ledger_that_wait_go_together() {
        // 0 is appended from 0 to 5; 1 and 2 came meanwhile and share an append from 5 to 13.
        let outcome = simulate(&[at(0, 0), at(1, 0), at(2, 0)], 1, 3, 500, COST);
        assert_eq!((outcome.waits, outcome.longest_queue, outcome.busy), (vec![5, 11, 12], 2, 13));
    }

    #[test]
    fn ledgers_on_one_cluster_wait_for_each_other_and_on_two_they_do_not() {
        let arrivals = [at(0, 0), at(0, 1)];
        assert_eq!(simulate(&arrivals, 1, 3, 500, COST).waits, [5, 10]);
        assert_eq!(simulate(&arrivals, 2, 3, 500, COST).waits, [5, 5]);
    }

    #[test]
    fn an_append_has_its_limit_and_idle_time_is_not_counted() {
        let outcome = simulate(&[at(0, 0), at(0, 0), at(100, 0)], 1, 3, 3, COST);
        assert_eq!((outcome.waits, outcome.busy), (vec![5, 5, 10], 15));
    }
}

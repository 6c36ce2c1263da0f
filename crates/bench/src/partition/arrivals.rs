//! When units send their weekly report: a seeded week with a rush before the deadline, the same in every run.

/// Microseconds of an hour.
const HOUR: u64 = 3_600_000_000;
const DAY: u64 = 24 * HOUR;
/// Friday, 17:00.
pub const DEADLINE: u64 = 4 * DAY + 17 * HOUR;

/// How a week's reports come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Week {
    /// 10 of 100 from Monday to Thursday in working hours, 25 on Friday morning, 60 in the three hours before the
    /// deadline, ever more of them, and 5 in the two hours after it.
    Usual,
    /// Every report in the ten minutes before the deadline, evenly.
    LastTenMinutes,
}

/// Numbers that look random and are the same in every run (SplitMix64).
pub struct Seeded(u64);

impl Seeded {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is above 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// One report: when it comes, in microseconds since Monday 0:00, and of which ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    pub at: u64,
    pub ledger: u32,
}

/// A week's reports of all ledgers, in order.
pub fn week(week: Week, ledgers: u32, units: u32, seed: u64) -> Vec<Arrival> {
    let mut seeded = Seeded::new(seed);
    let each = |ledger| (0..units).map(move |_| ledger);
    let mut arrivals: Vec<Arrival> = (0..ledgers)
        .flat_map(each)
        .map(|ledger| Arrival { at: instant(week, &mut seeded), ledger })
        .collect();
    arrivals.sort_unstable();
    arrivals
}

fn instant(week: Week, seeded: &mut Seeded) -> u64 {
    if week == Week::LastTenMinutes {
        return DEADLINE - 1 - seeded.below(HOUR / 6);
    }
    let friday = 4 * DAY;
    match seeded.below(100) {
        0..10 => seeded.below(4) * DAY + 9 * HOUR + seeded.below(8 * HOUR),
        10..35 => friday + 9 * HOUR + seeded.below(5 * HOUR),
        // The later of two: twice as many in the last minute as on average.
        35..95 => friday + 14 * HOUR + seeded.below(3 * HOUR).max(seeded.below(3 * HOUR)),
        _ => DEADLINE + seeded.below(2 * HOUR),
    }
}

/// The most reports in any one second of the clock.
pub fn most_in_a_second(arrivals: &[Arrival]) -> u64 {
    let same_second = |a: &Arrival, b: &Arrival| a.at / 1_000_000 == b.at / 1_000_000;
    arrivals.chunk_by(same_second).map(|second| second.len() as u64).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Arrival, DEADLINE, HOUR, Week, most_in_a_second, week};

    #[test]
    fn a_week_is_the_same_in_every_run_and_rushes_to_its_deadline() {
        let arrivals = week(Week::Usual, 30, 40, 7);
        assert_eq!(arrivals, week(Week::Usual, 30, 40, 7));
        assert_ne!(arrivals, week(Week::Usual, 30, 40, 8));
        assert!(arrivals.len() == 1_200 && arrivals.is_sorted());
        let within = |from: u64, to: u64| arrivals.iter().filter(|own| (from..to).contains(&own.at)).count();
        let rush = within(DEADLINE - 3 * HOUR, DEADLINE);
        assert!((660..780).contains(&rush), "{rush} of 1200 are 60 of 100, more or less");
        assert!(within(DEADLINE - HOUR, DEADLINE) > rush / 2, "the last hour has more than half of the rush");
        let last = week(Week::LastTenMinutes, 30, 40, 7);
        assert!(last.iter().all(|own| (DEADLINE - HOUR / 6..DEADLINE).contains(&own.at)));
    }

    #[test]
    fn the_fullest_second_is_counted() {
        let at = |at| Arrival { at, ledger: 0 };
        assert_eq!(most_in_a_second(&[at(999_999), at(1_000_000), at(1_999_999), at(2_000_000)]), 2);
        assert_eq!(most_in_a_second(&[]), 0);
    }
}

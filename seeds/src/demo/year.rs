//! When things happen: the agenda of the opening and of each year.

use chain::{Date, Instant};
use events::{PeriodId, PeriodKind, PeriodOpened, UnitKind};

use super::acts::Act;
use super::calendar::{at, day, later, midnight, month_end};
use super::told::Story;
use super::{Demo, FILING, NARRATIVE};

const MORNING: u32 = 9 * 60;

/// A reporting period and the days things happen around it.
struct Cycle {
    period: PeriodOpened,
    opens: Instant,
    /// First day of filing.
    files_from: Date,
    /// Filing in time happens on this many days.
    days: u32,
    /// The day after the deadline.
    after: Date,
}

impl Demo {
    pub(super) fn plan_opening(&mut self) {
        let opening = self.opening_day();
        self.plan_act(at(opening, MORNING), Act::OpenLedger);
        for city in 0..self.cities.len() {
            // Half a second apart, so that a country opens within the morning.
            let moment = Instant::from_micros(at(opening, MORNING + 5).micros() + 500_000 * city as i64)
                .expect("a day of the calendar");
            self.plan_act(moment, Act::OpenCity { city });
            self.plan_act(moment, Act::AdoptRules { city, changed: false });
        }
        let first = self.plan.years[0];
        self.plan_act(at(opening, MORNING + 60), Act::PlanYear(first));
    }

    /// The day after the plan was issued.
    fn opening_day(&self) -> Date {
        later(self.plan.issued_on, 1)
    }

    pub(super) fn plan_year(&mut self, year: u16) {
        let calendar_year = i32::from(year);
        let first_year = year == self.plan.years[0];
        let begins = if first_year { self.opening_day() } else { day(calendar_year, 1, 1) };
        let first_month = begins.month();
        if year == 2022 {
            self.plan_act(at(begins, MORNING + 61), Act::PublishCalendar);
        }
        for month in first_month..=12 {
            let cycle = monthly(calendar_year, month, month == first_month, begins);
            self.plan_cycle(cycle, month);
        }
        self.plan_cycle(year_end(calendar_year), 13);
        self.plan_weeks(begins, calendar_year);
        if first_year {
            self.plan_stories(calendar_year);
        }
        let next = self.plan.years.iter().position(|own| *own == year).expect("a year of the plan") + 1;
        if next < usize::from(self.options.years) {
            let next = self.plan.years[next];
            self.plan_act(at(day(i32::from(next), 1, 1), 0), Act::PlanYear(next));
        }
    }

    fn plan_cycle(&mut self, cycle: Cycle, month: u32) {
        let Cycle { period, opens, files_from, days, after } = cycle;
        let (id, as_at) = (period.period.clone(), period.ends_on);
        self.plan_act(opens, Act::OpenPeriod(period));
        for city in 0..self.cities.len() {
            for unit in self.filing_units() {
                let purpose =
                    |what: u64| [FILING, what, city as u64, unit as u64, as_at.year() as u64, month.into()];
                if self.noise.happens(2, &purpose(0)) && !self.is_told(city, as_at) {
                    continue;
                }
                let late = self.noise.happens(6, &purpose(1)) && !self.is_told(city, as_at);
                let date = if late {
                    later(after, self.noise.between(0, 3, &purpose(2)).into())
                } else {
                    later(files_from, self.noise.between(0, days - 1, &purpose(3)).into())
                };
                let moment = at(date, self.noise.between(MORNING, 17 * 60, &purpose(4)));
                self.plan_filing(city, unit, &id, as_at, moment);
            }
            self.plan_review(city, as_at, after);
        }
        self.plan_act(at(later(after, 20), MORNING), Act::ClosePeriod(id));
    }

    /// The first city's first year follows its stories; chance would tell others.
    fn is_told(&self, city: usize, as_at: Date) -> bool {
        city == 0 && as_at.year() == i32::from(self.plan.years[0])
    }

    fn plan_filing(&mut self, city: usize, unit: usize, period: &PeriodId, as_at: Date, moment: Instant) {
        let name = self.plan.units[unit].id.as_str();
        let month = as_at.month();
        let end = as_at == day(as_at.year(), 12, 31);
        let told = self.is_told(city, as_at) && !end;
        let moment = match (told, name, month) {
            // Filed two days after the deadline.
            (true, "longhushan", 5) => at(day(as_at.year(), 6, 1), 15 * 60 + 20),
            // Not filed at all.
            (true, "xinjiang", 6) => return,
            // Filed within its extension.
            (true, "guixi", 8) => at(day(as_at.year(), 9, 2), 16 * 60 + 5),
            // Filed on the first day, so that the stories that build on it come after.
            (true, "yuehu", 4) | (true, "gaoxin", 7) => at(day(as_at.year(), month, 26), 10 * 60),
            _ => moment,
        };
        let period = period.clone();
        self.plan_act(moment, Act::File { city, unit, period, as_at });
    }

    /// Verified from the fifth day after the deadline on, approved on the eighth, corrected later and reviewed again.
    fn plan_review(&mut self, city: usize, as_at: Date, after: Date) {
        for unit in self.verifying_units() {
            let verify =
                |days: i64, minute: u32| (at(later(after, days), minute), Act::Verify { city, unit, as_at });
            for (moment, act) in [verify(5, MORNING + 30), verify(14, MORNING + 30)] {
                self.plan_act(moment, act);
            }
        }
        for days in [7, 15] {
            self.plan_act(at(later(after, days), 10 * 60), Act::VerifyCity { city, as_at });
            self.plan_act(at(later(after, days), 11 * 60), Act::Approve { city, as_at });
        }
        self.plan_act(at(later(after, 9), 15 * 60), Act::CorrectSome { city, as_at });
    }

    fn plan_weeks(&mut self, begins: Date, year: i32) {
        let weekday = |date: Date| chrono::Datelike::weekday(&date.naive()).number_from_monday();
        let mut monday = later(begins, i64::from((8 - weekday(begins)) % 7));
        while monday.year() == year && later(monday, 4).year() == year {
            self.plan_week(monday);
            monday = later(monday, 7);
        }
    }

    fn plan_week(&mut self, monday: Date) {
        let friday = later(monday, 4);
        let week = chrono::Datelike::iso_week(&friday.naive());
        let id: PeriodId = format!("{}-w{:02}", week.year(), week.week()).parse().expect("a period id");
        let period = PeriodOpened {
            due_at: at(friday, 12 * 60),
            ends_on: friday,
            kind: PeriodKind::Week,
            period: id.clone(),
            starts_on: monday,
        };
        self.plan_act(at(monday, MORNING - 30), Act::OpenPeriod(period));
        for city in 0..self.cities.len() {
            for unit in self.telling_units() {
                let purpose = |what: u64| {
                    [NARRATIVE, what, city as u64, unit as u64, week.year() as u64, week.week().into()]
                };
                if self.noise.happens(3, &purpose(0)) {
                    continue;
                }
                let late = self.noise.happens(5, &purpose(1));
                let minutes = if late { 14 * 60..17 * 60 } else { MORNING..12 * 60 };
                let minute = self.noise.between(minutes.start, minutes.end - 1, &purpose(2));
                self.plan_act(at(friday, minute), Act::Tell { city, unit, period: id.clone() });
            }
        }
        self.plan_act(at(later(monday, 7), MORNING - 60), Act::ClosePeriod(id));
    }

    fn plan_stories(&mut self, year: i32) {
        let stories = [
            (day(year, 5, 2), 10 * 60, Story::Return),
            (day(year, 5, 3), 14 * 60 + 30, Story::Correct),
            (day(year, 5, 3), 14 * 60 + 40, Story::AttachEvidence),
            (day(year, 6, 12), MORNING, Story::Deduct),
            (day(year, 6, 15), MORNING, Story::GrantHonour),
            (day(year, 7, 27), MORNING, Story::Withdraw),
            (day(year, 7, 28), 16 * 60, Story::ReportAgain),
            (day(year, 8, 15), MORNING, Story::ReviseTarget),
            (day(year, 8, 29), MORNING, Story::Extend),
            (day(year, 9, 20), MORNING, Story::GrantUnicorn),
            (day(year, 11, 7), MORNING, Story::GrantDoubtful),
            (day(year, 11, 21), MORNING, Story::Revoke),
            (day(year + 1, 3, 10), MORNING, Story::RestateGdp),
        ];
        for (date, minute, story) in stories {
            self.plan_act(at(date, minute), Act::Story(story));
        }
        for city in 0..self.cities.len() {
            let moment = at(day(year, 6, 28), MORNING).micros() + 500_000 * city as i64;
            let moment = Instant::from_micros(moment).expect("a day of the calendar");
            self.plan_act(moment, Act::AdoptRules { city, changed: true });
        }
    }

    /// Units that report figures: governments, and bureaus that are first to answer for a row.
    fn filing_units(&self) -> Vec<usize> {
        let units = self.plan.units.iter().enumerate();
        let files = |unit: &domain::catalogue::Unit| {
            unit.governs.is_some() || self.first_rows(&unit.id).next().is_some()
        };
        units.filter(|(_, unit)| files(unit)).map(|(index, _)| index).collect()
    }

    fn verifying_units(&self) -> Vec<usize> {
        let units = self.plan.units.iter().enumerate();
        units.filter(|(_, unit)| self.first_rows(&unit.id).next().is_some()).map(|(index, _)| index).collect()
    }

    /// Units that tell each week: governments, and bureaus that lead a programme.
    fn telling_units(&self) -> Vec<usize> {
        let leads = |unit: &domain::catalogue::Unit| {
            self.plan.programmes.iter().any(|own| own.lead.iter().any(|part| part.unit == unit.id))
        };
        let units = self.plan.units.iter().enumerate();
        let tells = |unit: &domain::catalogue::Unit| {
            unit.governs.is_some() || (unit.kind == UnitKind::Bureau && leads(unit))
        };
        units.filter(|(_, unit)| tells(unit)).map(|(index, _)| index).collect()
    }
}

/// A month's cycle: figures as at the 25th, due on the 30th (in February on its last day) at midnight.
fn monthly(year: i32, month: u32, first: bool, begins: Date) -> Cycle {
    let ends_on = day(year, month, 25);
    let last = month_end(year, month).min(later(ends_on, 5));
    let after = later(last, 1);
    let starts_on = if first {
        day(year, 1, 1)
    } else {
        later(month_end(year, month - 1).min(day(year, month - 1, 25)), 1)
    };
    let period = PeriodOpened {
        due_at: midnight(after),
        ends_on,
        kind: PeriodKind::Month,
        period: format!("{year}-{month:02}").parse().expect("a period id"),
        starts_on,
    };
    let opens = at(starts_on.max(begins), MORNING + 62);
    let days =
        u32::try_from(last.naive().signed_duration_since(ends_on.naive()).num_days()).expect("a few days");
    Cycle { period, opens, files_from: later(ends_on, 1), days, after }
}

/// The year's last days, closed in January.
fn year_end(year: i32) -> Cycle {
    let ends_on = day(year, 12, 31);
    let after = day(year + 1, 1, 21);
    let period = PeriodOpened {
        due_at: midnight(after),
        ends_on,
        kind: PeriodKind::Year,
        period: format!("{year}-year").parse().expect("a period id"),
        starts_on: day(year, 12, 26),
    };
    Cycle { period, opens: at(day(year, 12, 31), 16 * 60), files_from: day(year + 1, 1, 8), days: 13, after }
}

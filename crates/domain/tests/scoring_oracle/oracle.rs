//! `docs/scoring.md` once more, in the simplest words: every question walks the whole list of lines.
//!
//! It knows neither book nor registry and shares no arithmetic with the code it checks.

use chain::{Date, EventHash};
use domain::scoring::{At, Inputs, Reason};
use events::rulebook::{
    BlockShare, Bounds, CityFigure, LowerFormula, Measure, Method, Pace, RankScale, Rounding, RoundingMode,
    Step, TargetTreatment, Ties, Treatment, VetoEffect,
};
use events::{
    Absence, AreaClass, AreaId, AreaRegistered, Decimal, Direction, Event, IndicatorDefined, Recorded,
    RollUp, Stage, Target, Value, WeightBlockDefined,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// A cell as the page says it is.
#[derive(Debug, PartialEq)]
pub struct Cell {
    pub row: String,
    pub area: String,
    pub target: Option<EventHash>,
    pub due: Option<BigRational>,
    pub figure: Option<EventHash>,
    pub value: Option<BigRational>,
    pub completion: Option<BigRational>,
    pub share: Option<BigRational>,
    pub reason: Reason,
    pub light: Option<usize>,
}

/// A block as the page says it is.
#[derive(Debug, PartialEq)]
pub struct Block {
    pub block: String,
    pub area: String,
    pub assessed: BigRational,
    pub share: Option<BigRational>,
    pub points: BigRational,
}

/// An area as the page says it is.
#[derive(Debug, PartialEq)]
pub struct Area {
    pub area: String,
    pub assessed: BigRational,
    pub awarded: BigRational,
    pub converted: Option<BigRational>,
    pub bonus: BigRational,
    pub deducted: BigRational,
    pub vetoed: Option<EventHash>,
    pub total: Option<BigRational>,
    pub class: Option<usize>,
    pub place: Option<u32>,
}

/// What a completion is where it has a meaning.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Completion {
    Number(BigRational),
    BetterThanEveryNumber,
}

/// The number that a cell has, or why it has none.
type Attained = Result<BigRational, Option<Absence>>;

/// The lines and the question.
pub struct Oracle<'a> {
    pub lines: &'a [Recorded],
    pub inputs: &'a Inputs<'a>,
}

impl Oracle<'_> {
    /// §1: every row by every scored area.
    pub fn cells(&self) -> Vec<Cell> {
        let rows = self.rows();
        rows.iter().flat_map(|row| self.areas().into_iter().map(|area| self.cell(row, area))).collect()
    }

    /// §5.
    pub fn blocks(&self) -> Vec<Block> {
        let blocks = self.defined_blocks();
        blocks.iter().flat_map(|block| self.areas().into_iter().map(|area| self.block(block, area))).collect()
    }

    /// §6.
    pub fn area_scores(&self) -> Vec<Area> {
        let mut areas: Vec<_> = self.areas().into_iter().map(|area| self.area(area)).collect();
        let ranked: Vec<_> = areas.iter().map(|area| self.ranked_total(area)).collect();
        for (area, own) in areas.iter_mut().zip(&ranked) {
            let Some((class, total)) = own else { continue };
            let greater = ranked.iter().flatten().filter(|(other, than)| other == class && than > total);
            area.place = Some(self.place(greater.map(|(_, total)| total.clone()).collect()));
        }
        areas
    }

    fn ranked_total(&self, area: &Area) -> Option<(usize, BigRational)> {
        let unranked = area.vetoed.is_some() && self.inputs.rules.veto == VetoEffect::Unranked {};
        if unranked { None } else { area.class.zip(area.total.clone()) }
    }

    /// The place after those that are better.
    fn place<T: Ord>(&self, mut better: Vec<T>) -> u32 {
        if self.inputs.rules.ranking.ties == Ties::Dense {
            better.sort();
            better.dedup();
        }
        1 + u32::try_from(better.len()).unwrap()
    }

    fn known(&self, at: At) -> impl DoubleEndedIterator<Item = &Recorded> {
        self.lines.iter().filter(move |line| line.position < at.known)
    }

    fn registered(&self) -> impl Iterator<Item = &AreaRegistered> {
        self.known(self.inputs.targets).filter_map(|line| match &line.event {
            Event::AreaRegistered(area) => Some(area),
            _ => None,
        })
    }

    fn areas(&self) -> Vec<&AreaRegistered> {
        self.registered().filter(|area| area.class != AreaClass::CityLevel).collect()
    }

    fn is_the_city(&self, area: &AreaId) -> bool {
        self.city().is_some_and(|city| city.area == *area)
    }

    fn city(&self) -> Option<&AreaRegistered> {
        self.registered().find(|area| area.class == AreaClass::City)
    }

    fn rows(&self) -> Vec<&IndicatorDefined> {
        let rows = self.known(self.inputs.targets).filter_map(|line| match &line.event {
            Event::IndicatorDefined(row) => Some(row),
            _ => None,
        });
        rows.collect()
    }

    fn defined_blocks(&self) -> Vec<&WeightBlockDefined> {
        let blocks = self.known(self.inputs.targets).filter_map(|line| match &line.event {
            Event::WeightBlockDefined(block) => Some(block),
            _ => None,
        });
        blocks.collect()
    }

    fn class(&self, area: &AreaRegistered) -> Option<usize> {
        self.inputs.rules.ranking.classes.iter().position(|class| class.of.contains(&area.class))
    }

    /// §2: the target in force.
    fn target(&self, row: &IndicatorDefined, area: &AreaId) -> Option<(EventHash, Target)> {
        let as_of = self.inputs.targets.as_of;
        let mut best: Option<(Option<Date>, EventHash, Target)> = None;
        for line in self.known(self.inputs.targets) {
            let (from, target) = match &line.event {
                Event::TargetSet(set) => (None, set.target),
                Event::TargetRevised(revised) => (Some(revised.effective_from), revised.target),
                _ => continue,
            };
            let set = self.first_target_line(line);
            let fits = set.is_some_and(|(of, at, year)| {
                *of == row.indicator && at == area && i32::from(year) == as_of.year()
            });
            let begun = from.is_none_or(|from| from <= as_of);
            if fits && begun && best.as_ref().is_none_or(|(before, ..)| from >= *before) {
                best = Some((from, line.hash, target));
            }
        }
        best.map(|(_, hash, target)| (hash, target))
    }

    /// Whose target a line sets, in the end.
    fn first_target_line<'l>(
        &'l self,
        line: &'l Recorded,
    ) -> Option<(&'l events::IndicatorId, &'l AreaId, u16)> {
        match &line.event {
            Event::TargetSet(set) => Some((&set.indicator, &set.area, set.year)),
            Event::TargetRevised(revised) => {
                self.first_target_line(self.lines.iter().find(|other| other.hash == revised.revises)?)
            }
            _ => None,
        }
    }

    fn due(&self, row: &IndicatorDefined, target: Option<Target>) -> Option<BigRational> {
        let Some(Target::Number { value }) = target else { return None };
        let whole = exact(value);
        let own = self.inputs.rules.rows.get(&row.indicator).and_then(|rule| rule.paced);
        let paced = own.unwrap_or(row.paced) && whole.is_positive();
        Some(if paced { whole * self.pace() } else { whole })
    }

    fn pace(&self) -> BigRational {
        let day = self.inputs.targets.as_of;
        let year = day.year();
        let days_of = |month| (28..=31).filter(|day| Date::of(year, month, *day).is_some()).max().unwrap();
        let day_of_month = (1..=31).find(|nth| Date::of(year, day.month(), *nth) == Some(day)).unwrap();
        let months = match self.inputs.rules.pace {
            Pace::WholeYear => 12,
            Pace::CalendarMonth => day.month(),
            Pace::CompletedMonths if day_of_month == days_of(day.month()) => day.month(),
            Pace::CompletedMonths => day.month() - 1,
            Pace::Days => {
                let before: u32 = (1..day.month()).map(days_of).sum();
                return fraction(before + day_of_month, (1..=12).map(days_of).sum());
            }
        };
        fraction(months, 12)
    }

    /// Decision 0004: the versions of the latest day that has one which reached the stage.
    fn figure(&self, row: &events::IndicatorId, area: &AreaId) -> Option<(EventHash, Value)> {
        let as_of = self.inputs.figures.as_of;
        let mut best: Option<(Date, EventHash, Value)> = None;
        for line in self.known(self.inputs.figures) {
            let value = match &line.event {
                Event::FigureReported(reported) => reported.value,
                Event::FigureCorrected(corrected) => corrected.value,
                _ => continue,
            };
            let (of, at, day) = self.reported_as(line);
            let fits = of == row && at == area && day <= as_of && day.year() == as_of.year();
            if fits && self.counts(line) && best.as_ref().is_none_or(|(latest, ..)| day >= *latest) {
                best = Some((day, line.hash, value));
            }
        }
        best.map(|(_, hash, value)| (hash, value))
    }

    fn reported_as<'l>(&'l self, line: &'l Recorded) -> (&'l events::IndicatorId, &'l AreaId, Date) {
        match &line.event {
            Event::FigureReported(reported) => (&reported.indicator, &reported.area, reported.as_at),
            Event::FigureCorrected(corrected) => self.reported_as(self.line(&corrected.corrects)),
            other => panic!("no figure: {other:?}"),
        }
    }

    fn line(&self, hash: &EventHash) -> &Recorded {
        self.lines.iter().find(|line| line.hash == *hash).unwrap()
    }

    fn counts(&self, figure: &Recorded) -> bool {
        let mut stage = Stage::Reported;
        for line in self.known(self.inputs.figures) {
            match &line.event {
                Event::FigureReturned(act) if act.figure == figure.hash => return false,
                Event::FigureVerified(act) if act.figure == figure.hash => stage = stage.max(Stage::Verified),
                Event::FigureApproved(act) if act.figure == figure.hash => stage = Stage::Approved,
                _ => {}
            }
        }
        stage >= self.inputs.rules.counts_from && !self.taken_back(figure)
    }

    /// Whether a version or one that corrects it was withdrawn.
    fn taken_back(&self, figure: &Recorded) -> bool {
        self.known(self.inputs.figures).any(|line| match &line.event {
            Event::FigureWithdrawn(act) => act.figure == figure.hash,
            Event::FigureCorrected(corrected) => corrected.corrects == figure.hash && self.taken_back(line),
            _ => false,
        })
    }

    fn rolls_up(&self, row: &IndicatorDefined, area: &AreaId) -> bool {
        let declared = matches!(row.roll_up, RollUp::Sum { .. } | RollUp::WeightedMean { .. });
        self.inputs.rules.city_figure == CityFigure::RolledUp && declared && self.is_the_city(area)
    }

    /// §3: the number, or why there is none.
    fn value(&self, row: &IndicatorDefined, area: &AreaId) -> Attained {
        if self.rolls_up(row, area) {
            return self.rolled_up(row).ok_or(None);
        }
        match self.figure(&row.indicator, area) {
            Some((_, Value::Number(number))) => Ok(exact(number)),
            Some((_, Value::Absent(absence))) => Err(Some(absence)),
            None => Err(None),
        }
    }

    fn rolled_up(&self, row: &IndicatorDefined) -> Option<BigRational> {
        let (areas, weight) = match &row.roll_up {
            RollUp::Sum { areas } => (areas, None),
            RollUp::WeightedMean { areas, weight } => (areas, Some(weight)),
            RollUp::CityOnly | RollUp::Independent => return None,
        };
        let (mut sum, mut weights) = (BigRational::zero(), BigRational::zero());
        for area in areas {
            let part = self.part(&row.indicator, area)?;
            let weight = weight.map_or(Some(BigRational::one()), |row| self.part(row, area))?;
            sum += part * &weight;
            weights += weight;
        }
        match weight {
            _ if areas.is_empty() => None,
            None => Some(sum),
            Some(_) => (!weights.is_zero()).then(|| sum / weights),
        }
    }

    fn part(&self, row: &events::IndicatorId, area: &AreaId) -> Option<BigRational> {
        self.registered().find(|known| known.area == *area)?;
        self.rows().into_iter().find(|known| known.indicator == *row)?;
        self.figure(row, area)?.1.number().map(exact)
    }

    fn completion(&self, row: &IndicatorDefined, area: &AreaId) -> Option<Completion> {
        let due = self.due(row, self.target(row, area).map(|target| target.1))?;
        let value = self.value(row, area).ok()?;
        if !due.is_positive() {
            return None;
        }
        Some(match row.direction {
            Direction::HigherIsBetter => Completion::Number(value / due),
            Direction::LowerIsBetter if value.is_positive() => Completion::Number(due / value),
            Direction::LowerIsBetter => Completion::BetterThanEveryNumber,
        })
    }

    fn cell(&self, row: &IndicatorDefined, area: &AreaRegistered) -> Cell {
        let target = self.target(row, &area.area);
        let (share, reason) = self.share(row, area, target.map(|target| target.1));
        let completion = self.completion(row, &area.area).and_then(|completion| match completion {
            Completion::Number(number) => Some(number),
            Completion::BetterThanEveryNumber => None,
        });
        let figure =
            if self.rolls_up(row, &area.area) { None } else { self.figure(&row.indicator, &area.area) };
        Cell {
            row: row.indicator.to_string(),
            area: area.area.to_string(),
            target: target.map(|target| target.0),
            due: self.due(row, target.map(|target| target.1)),
            figure: figure.map(|figure| figure.0),
            value: self.value(row, &area.area).ok(),
            light: completion.as_ref().and_then(|completion| self.light(completion)),
            completion,
            share,
            reason,
        }
    }

    fn light(&self, completion: &BigRational) -> Option<usize> {
        let lights = &self.inputs.rules.lights;
        lights.iter().position(|light| light.at_least.is_none_or(|least| *completion >= exact(least)))
    }

    /// §3: the first case that fits.
    fn share(
        &self,
        row: &IndicatorDefined,
        area: &AreaRegistered,
        target: Option<Target>,
    ) -> (Option<BigRational>, Reason) {
        let treatments = &self.inputs.rules.treatments;
        let value = self.value(row, &area.area);
        match target {
            None => return (None, Reason::NoTarget),
            Some(Target::NotAssessed) => return (treated(treatments.not_assessed), Reason::NotAssessed),
            Some(Target::NotYetSet) => return (treated(treatments.not_yet_set), Reason::NotYetSet),
            Some(Target::Void) => return (treated(treatments.void), Reason::Void),
            Some(Target::ExceedsCity) => {
                return match value {
                    Ok(_) if self.is_the_city(&area.area) => (None, Reason::NothingToCompare),
                    Ok(value) => self.exceeding_the_city(row, &value),
                    Err(absence) => self.without_number(absence),
                };
            }
            Some(Target::Number { .. }) => {}
        }
        let due = self.due(row, target).unwrap();
        if self.inputs.rules.method_of(&row.indicator).takes_a_quotient() && !due.is_positive() {
            return self.without_quotient(row, &due, value);
        }
        match value {
            Err(absence) => self.without_number(absence),
            Ok(value) => match self.by_method(row, area, &due, &value) {
                Some(share) => (Some(share), Reason::Method),
                None => (None, Reason::NothingToCompare),
            },
        }
    }

    fn without_number(&self, absence: Option<Absence>) -> (Option<BigRational>, Reason) {
        let treatments = &self.inputs.rules.treatments;
        let (treatment, reason) = match absence {
            None => (treatments.missing_figure, Reason::MissingFigure),
            Some(Absence::NotAvailable) => (treatments.not_available, Reason::NotAvailable),
            Some(Absence::NotApplicable) => (treatments.not_applicable, Reason::NotApplicable),
            Some(Absence::Withheld) => (treatments.withheld, Reason::Withheld),
        };
        (treated(treatment), reason)
    }

    fn without_quotient(
        &self,
        row: &IndicatorDefined,
        due: &BigRational,
        value: Attained,
    ) -> (Option<BigRational>, Reason) {
        let rules = self.inputs.rules;
        let own = rules.rows.get(&row.indicator).and_then(|rule| rule.zero_target);
        let (treatment, reason) = if due.is_zero() {
            (own.unwrap_or(rules.treatments.zero_target), Reason::ZeroTarget)
        } else {
            (rules.treatments.negative_target, Reason::NegativeTarget)
        };
        match (treatment, value) {
            (TargetTreatment::Drop, _) => (None, reason),
            (TargetTreatment::Full, _) => (Some(BigRational::one()), reason),
            (TargetTreatment::Zero, _) => (Some(BigRational::zero()), reason),
            (TargetTreatment::PassFail, Err(absence)) => self.without_number(absence),
            (TargetTreatment::PassFail, Ok(value)) => (Some(pass_fail(row, due, &value)), reason),
        }
    }

    fn exceeding_the_city(
        &self,
        row: &IndicatorDefined,
        value: &BigRational,
    ) -> (Option<BigRational>, Reason) {
        match self.city().and_then(|city| self.value(row, &city.area).ok()) {
            None => (None, Reason::NothingToCompare),
            Some(city) => (Some(one_if(better(row, value, &city))), Reason::Method),
        }
    }

    /// §4; none where there is nothing to compare with.
    fn by_method(
        &self,
        row: &IndicatorDefined,
        area: &AreaRegistered,
        due: &BigRational,
        value: &BigRational,
    ) -> Option<BigRational> {
        let lower = row.direction == Direction::LowerIsBetter;
        Some(match self.inputs.rules.method_of(&row.indicator) {
            Method::Ratio { ceiling, floor } => kept(value / due, *floor, *ceiling),
            Method::PassFail {} => pass_fail(row, due, value),
            Method::LowerIsBetter { ceiling, floor, formula } => {
                kept(lower_share(formula, area, due, value, *ceiling), *floor, *ceiling)
            }
            Method::Steps { of, steps } => step_share(steps, &self.measure(row, area, *of)?),
            Method::EfficacyTiers { of, tiers } => tier_share(tiers, &self.measure(row, area, *of)?),
            Method::Band { low, high, zero_below, zero_above } => {
                band_share(value, [*low, *high].map(exact), [*zero_below, *zero_above])
            }
            Method::EfficacyRange { base, bounds, ceiling, floor } => {
                let (best, worst) = self.bounds(row, area, value, bounds)?;
                let base = exact(*base);
                let share = if best == worst {
                    BigRational::one()
                } else {
                    &base + (BigRational::one() - &base) * (value - &worst) / (best - &worst)
                };
                kept(share, *floor, *ceiling)
            }
            Method::Rank { of, scale } => return self.rank_share(row, area, value, *of, scale),
            Method::ExceedsCity {} if self.is_the_city(&area.area) => pass_fail(row, due, value),
            Method::ExceedsCity {} => return self.exceeding_the_city(row, value).0,
            Method::PercentagePoints { ceiling, floor, lost_per_point } => {
                let short = if lower { value - due } else { due - value };
                kept(BigRational::one() - exact(*lost_per_point) * short, *floor, *ceiling)
            }
        })
    }

    fn measure(&self, row: &IndicatorDefined, area: &AreaRegistered, of: Measure) -> Option<Completion> {
        match of {
            Measure::Figure => self.value(row, &area.area).ok().map(Completion::Number),
            Measure::Completion => self.completion(row, &area.area),
        }
    }

    /// The comparable classmates of a cell.
    fn classmates(&self, row: &IndicatorDefined, area: &AreaRegistered) -> Vec<&AreaRegistered> {
        let Some(class) = self.class(area) else { return Vec::new() };
        let others = self.areas().into_iter().filter(|other| {
            let target = self.target(row, &other.area);
            other.area != area.area
                && self.class(other) == Some(class)
                && matches!(target, Some((_, Target::Number { .. })))
                && self.value(row, &other.area).is_ok()
        });
        others.collect()
    }

    /// The best and the worst.
    fn bounds(
        &self,
        row: &IndicatorDefined,
        area: &AreaRegistered,
        value: &BigRational,
        bounds: &Bounds,
    ) -> Option<(BigRational, BigRational)> {
        if let Bounds::Given { best, worst } = bounds {
            return Some((exact(*best), exact(*worst)));
        }
        let others = self.classmates(row, area);
        let mut values: Vec<_> = others.iter().map(|other| self.value(row, &other.area).unwrap()).collect();
        if values.is_empty() {
            return None;
        }
        values.push(value.clone());
        let (least, most) = (values.iter().min()?.clone(), values.iter().max()?.clone());
        Some(if row.direction == Direction::LowerIsBetter { (least, most) } else { (most, least) })
    }

    fn rank_share(
        &self,
        row: &IndicatorDefined,
        area: &AreaRegistered,
        value: &BigRational,
        of: Measure,
        scale: &RankScale,
    ) -> Option<BigRational> {
        let mates = self.classmates(row, area);
        let (count, place) = match of {
            Measure::Figure => {
                let all: Vec<_> = mates.iter().map(|mate| self.value(row, &mate.area).unwrap()).collect();
                let count = all.len();
                (count, self.place(all.into_iter().filter(|other| better(row, other, value)).collect()))
            }
            Measure::Completion => {
                let own = self.completion(row, &area.area)?;
                let all: Vec<_> = mates.iter().filter_map(|mate| self.completion(row, &mate.area)).collect();
                let count = all.len();
                (count, self.place(all.into_iter().filter(|other| *other > own).collect()))
            }
        };
        let among = u32::try_from(count).unwrap() + 1;
        (among > 1).then(|| match scale {
            RankScale::Linear {} => fraction(among - place + 1, among),
            RankScale::Listed { shares } => {
                exact(*shares.get(place as usize - 1).unwrap_or(shares.last().unwrap()))
            }
        })
    }

    fn block(&self, block: &WeightBlockDefined, area: &AreaRegistered) -> Block {
        let rows: Vec<_> =
            self.rows().into_iter().filter(|row| block.indicators.contains(&row.indicator)).collect();
        let shares = rows.iter().filter_map(|row| {
            let target = self.target(row, &area.area).map(|target| target.1);
            self.share(row, area, target).0.map(|share| (&row.indicator, share))
        });
        let shares: Vec<_> = shares.collect();
        let share = (!shares.is_empty()).then(|| self.block_share(block, &shares));
        let printed = exact(block.points);
        Block {
            block: block.block.to_string(),
            area: area.area.to_string(),
            assessed: if share.is_some() { printed.clone() } else { BigRational::zero() },
            points: share.as_ref().map_or_else(BigRational::zero, |share| {
                rounded(&(printed * share), self.inputs.rules.points)
            }),
            share,
        }
    }

    fn block_share(
        &self,
        block: &WeightBlockDefined,
        shares: &[(&events::IndicatorId, BigRational)],
    ) -> BigRational {
        let one = BigRational::one();
        let count = u32::try_from(shares.len()).unwrap();
        match self.inputs.rules.share_of(&block.block) {
            BlockShare::Mean {} => {
                shares.iter().map(|(_, share)| share).sum::<BigRational>() / fraction(count, 1)
            }
            BlockShare::Weights { weights } => {
                let weighed = shares.iter().map(|(row, share)| exact(weights[*row]) * share);
                weighed.sum::<BigRational>()
                    / shares.iter().map(|(row, _)| exact(weights[*row])).sum::<BigRational>()
            }
            BlockShare::AllOrNothing {} => one_if(shares.iter().all(|(_, share)| *share >= one)),
            BlockShare::GeometricMean { places } => {
                if shares.iter().any(|(_, share)| !share.is_positive()) {
                    return BigRational::zero();
                }
                root_down(&shares.iter().map(|(_, share)| share).product(), count, *places)
            }
        }
    }

    fn area(&self, area: &AreaRegistered) -> Area {
        let rules = self.inputs.rules;
        let blocks: Vec<_> = self.defined_blocks().into_iter().map(|block| self.block(block, area)).collect();
        let assessed: BigRational = blocks.iter().map(|block| &block.assessed).sum();
        let awarded: BigRational = blocks.iter().map(|block| &block.points).sum();
        let enough = !assessed.is_zero() && assessed >= exact(rules.conversion.coverage_floor);
        let converted = enough.then(|| {
            rounded(&(&awarded * exact(rules.conversion.full_score) / &assessed), rules.conversion.rounding)
        });
        let (bonus, deducted) = (self.bonus(&area.area), self.deducted(&area.area));
        let vetoed = self.vetoed(&area.area);
        let total = converted.as_ref().map(|converted| {
            let total = converted + &bonus - &deducted;
            match (&rules.veto, vetoed) {
                (VetoEffect::TotalAtMost { points }, Some(_)) => total.min(exact(*points)),
                _ => total,
            }
        });
        let class = self.class(area);
        let area = area.area.to_string();
        Area { area, assessed, awarded, converted, bonus, deducted, vetoed, total, class, place: None }
    }

    /// §6: whether an award counts.
    fn in_force(&self, line: &Recorded, occurred_on: Date) -> bool {
        let as_of = self.inputs.figures.as_of;
        let revoked = self
            .known(self.inputs.figures)
            .any(|other| matches!(&other.event, Event::AwardRevoked(act) if act.award == line.hash));
        !revoked && occurred_on <= as_of && occurred_on.year() == as_of.year()
    }

    fn bonus(&self, area: &AreaId) -> BigRational {
        let rules = &self.inputs.rules.bonus;
        let mut sum = BigRational::zero();
        for row in self.rows() {
            let Some(terms) = &row.bonus else { continue };
            let quantities = self.known(self.inputs.figures).filter_map(|line| match &line.event {
                Event::BonusGranted(bonus) if bonus.area == *area && bonus.indicator == row.indicator => {
                    self.in_force(line, bonus.occurred_on).then_some(bonus.quantity)
                }
                _ => None,
            });
            let points = fraction(quantities.sum(), 1) * exact(terms.points);
            sum += at_most(points, rules.row_caps.get(&row.indicator).copied());
        }
        at_most(sum, rules.cap)
    }

    fn deducted(&self, area: &AreaId) -> BigRational {
        let mut sum = BigRational::zero();
        for (code, deduction) in &self.inputs.rules.deductions {
            let quantities = self.known(self.inputs.figures).filter_map(|line| match &line.event {
                Event::DeductionImposed(act) if act.area == *area && act.deduction == *code => {
                    self.in_force(line, act.occurred_on).then_some(act.quantity)
                }
                _ => None,
            });
            let points = fraction(quantities.sum(), 1) * exact(deduction.points);
            sum += at_most(points, deduction.cap);
        }
        at_most(sum, self.inputs.rules.deduction_cap)
    }

    fn vetoed(&self, area: &AreaId) -> Option<EventHash> {
        let mut vetoes = self.known(self.inputs.figures).filter(|line| match &line.event {
            Event::VetoImposed(veto) => veto.area == *area && self.in_force(line, veto.occurred_on),
            _ => false,
        });
        vetoes.next().map(|line| line.hash)
    }
}

/// Whether a method takes a quotient with the target.
trait Quotient {
    fn takes_a_quotient(&self) -> bool;
}

impl Quotient for Method {
    fn takes_a_quotient(&self) -> bool {
        match self {
            Self::Ratio { .. } => true,
            Self::LowerIsBetter { formula, .. } => !matches!(formula, LowerFormula::FromBase { .. }),
            Self::Steps { of, .. } | Self::EfficacyTiers { of, .. } | Self::Rank { of, .. } => {
                *of == Measure::Completion
            }
            _ => false,
        }
    }
}

/// A number of the ledger as a fraction.
pub fn exact(number: Decimal) -> BigRational {
    let (numerator, places) = number.parts();
    BigRational::new(numerator.into(), BigInt::from(10).pow(places))
}

fn fraction(numerator: u32, denominator: u32) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

fn one_if(holds: bool) -> BigRational {
    fraction(holds.into(), 1)
}

fn treated(treatment: Treatment) -> Option<BigRational> {
    match treatment {
        Treatment::Drop => None,
        Treatment::Full => Some(one_if(true)),
        Treatment::Zero => Some(one_if(false)),
    }
}

fn better(row: &IndicatorDefined, one: &BigRational, other: &BigRational) -> bool {
    if row.direction == Direction::LowerIsBetter { one < other } else { one > other }
}

fn pass_fail(row: &IndicatorDefined, due: &BigRational, value: &BigRational) -> BigRational {
    one_if(!better(row, due, value))
}

fn at_most(number: BigRational, cap: Option<Decimal>) -> BigRational {
    cap.map_or(number.clone(), |cap| number.min(exact(cap)))
}

fn kept(share: BigRational, floor: Option<Decimal>, ceiling: Option<Decimal>) -> BigRational {
    let raised = floor.map_or(share.clone(), |floor| share.max(exact(floor)));
    at_most(raised, ceiling)
}

fn lower_share(
    formula: &LowerFormula,
    area: &AreaRegistered,
    due: &BigRational,
    value: &BigRational,
    ceiling: Option<Decimal>,
) -> BigRational {
    match formula {
        LowerFormula::TargetOverActual {} if value.is_positive() => due / value,
        LowerFormula::TargetOverActual {} => ceiling.map_or_else(BigRational::one, exact),
        LowerFormula::TwoMinusRatio {} => fraction(2, 1) - value / due,
        LowerFormula::FromBase { bases } => match bases.get(&area.area).copied().map(exact) {
            Some(base) if base > *due => (&base - value) / (&base - due),
            _ => one_if(value <= due),
        },
    }
}

fn reached(step: &Step, measure: &Completion) -> bool {
    *measure >= Completion::Number(exact(step.at))
}

fn step_share(steps: &[Step], measure: &Completion) -> BigRational {
    let last = steps.iter().rfind(|step| reached(step, measure));
    last.map_or_else(BigRational::zero, |step| exact(step.share))
}

fn tier_share(tiers: &[Step], measure: &Completion) -> BigRational {
    let Some(at) = tiers.iter().rposition(|tier| reached(tier, measure)) else {
        return exact(tiers[0].share);
    };
    match (tiers.get(at + 1), measure) {
        (Some(next), Completion::Number(measure)) => {
            let [low, high, from, to] = [tiers[at].at, next.at, tiers[at].share, next.share].map(exact);
            &from + (to - &from) * (measure - &low) / (high - &low)
        }
        _ => exact(tiers[at].share),
    }
}

fn band_share(value: &BigRational, band: [BigRational; 2], zeros: [Option<Decimal>; 2]) -> BigRational {
    let [low, high] = band;
    let (edge, zero) = match value {
        value if *value < low => (low, zeros[0]),
        value if *value > high => (high, zeros[1]),
        _ => return BigRational::one(),
    };
    let Some(zero) = zero.map(exact) else { return BigRational::zero() };
    ((value - &zero) / (edge - &zero)).max(BigRational::zero())
}

/// The largest multiple of `10^-places` whose power is at most the number, by halving.
fn root_down(number: &BigRational, degree: u32, places: u8) -> BigRational {
    let unit = BigInt::from(10).pow(places.into());
    let power = |units: &BigInt| BigRational::new(units.clone(), unit.clone()).pow(degree.cast_signed());
    let (mut low, mut high) = (BigInt::zero(), unit.clone());
    while power(&high) <= *number {
        high *= 2;
    }
    while &high - &low > BigInt::one() {
        let middle = (&low + &high) / 2;
        if power(&middle) <= *number {
            low = middle;
        } else {
            high = middle;
        }
    }
    BigRational::new(low, unit)
}

fn rounded(number: &BigRational, rounding: Rounding) -> BigRational {
    let unit = BigRational::from_integer(BigInt::from(10).pow(rounding.places.into()));
    let scaled = number * &unit;
    let (below, above) = (scaled.floor(), scaled.ceil());
    let (to_zero, from_zero) = if scaled.is_negative() { (&above, &below) } else { (&below, &above) };
    let half = (&scaled - to_zero).abs().cmp(&fraction(1, 2));
    let even = if (to_zero.to_integer() % 2u32).is_zero() { to_zero } else { from_zero };
    let nearest = |tie| match half {
        std::cmp::Ordering::Less => to_zero,
        std::cmp::Ordering::Equal => tie,
        std::cmp::Ordering::Greater => from_zero,
    };
    let whole = match rounding.mode {
        RoundingMode::HalfEven => nearest(even),
        RoundingMode::HalfUp => nearest(from_zero),
        RoundingMode::HalfDown => nearest(to_zero),
        RoundingMode::Down => to_zero,
        RoundingMode::Up => from_zero,
        RoundingMode::Floor => &below,
        RoundingMode::Ceiling => &above,
    };
    whole / unit
}

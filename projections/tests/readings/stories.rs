//! What a reader should find in the tables of the synthetic year.

use domain::registry::PlanIx;
use domain::scoring::At;
use events::RulebookId;
use projections::tables::Heading;
use projections::tables::v1::figures::FigureRow;
use projections::tables::v1::timeliness::TimelinessRow;
use projections::tables::v1::trail::Subject;
use projections::tables::v1::{Figures, Timeliness, Trail};
use projections::{NoReading, Reading};

use crate::demo::{Year, date};

fn row<'a>(table: &'a Timeliness<'_>, period: &str, unit: &str) -> &'a TimelinessRow<'a> {
    let own = |row: &&TimelinessRow<'_>| row.period.as_str() == period && row.unit.as_str() == unit;
    table.rows.iter().find(own).expect("the unit owes something for the period")
}

#[test]
fn who_filed_late_or_not_at_all_is_named_and_extensions_are_honoured() {
    let year = Year::new();
    let table = Timeliness::of(&year.latest("2022-12-31"));

    let late = row(&table, "2022-05", "longhushan");
    assert!(late.owed > 10 && late.late == late.owed && late.late_by_correction == 0, "{late:?}");
    let missing = row(&table, "2022-06", "xinjiang");
    assert_eq!((missing.missing, missing.first_filed_at), (missing.owed, None));
    let extended = row(&table, "2022-08", "guixi");
    assert!(extended.extended && extended.on_time == extended.owed, "{extended:?}");
    assert!(!row(&table, "2022-08", "yujiang").extended);
}

#[test]
fn everything_owed_is_counted_once() {
    let year = Year::new();
    let table = Timeliness::of(&year.latest("2022-12-31"));
    for row in &table.rows {
        assert_eq!(row.on_time + row.late + row.missing + row.not_yet_due, row.owed, "{row:?}");
        assert!(row.owed >= 1 && row.late_by_correction <= row.late && row.returned <= row.owed, "{row:?}");
    }
    let narratives: Vec<_> = table.rows.iter().filter(|row| row.row == "narrative").collect();
    let count = |of: fn(&TimelinessRow<'_>) -> u32| narratives.iter().map(|row| of(row)).sum::<u32>();
    assert!(count(|row| row.on_time) > 0 && count(|row| row.late) > 0 && count(|row| row.missing) > 0);
}

#[test]
fn before_the_deadline_nothing_is_missing() {
    let year = Year::new();
    let then = Timeliness::of(&year.reading("2022-06-29", year.size_at("2022-06-25")));
    let open = row(&then, "2022-06", "xinjiang");
    assert_eq!((open.missing, open.not_yet_due), (0, open.owed));
    // The 30th ends at the deadline: whoever has not filed by then, among the known lines, has missed it.
    let after = Timeliness::of(&year.latest("2022-06-30"));
    assert_eq!(row(&after, "2022-06", "xinjiang").missing, open.owed);
}

fn versions<'a>(reading: &Reading<'a>, indicator: &str, area: &str) -> Vec<FigureRow<'a>> {
    let own = |row: &FigureRow<'_>| row.indicator.as_str() == indicator && row.area.as_str() == area;
    Figures::of(reading).figures.into_iter().filter(own).collect()
}

#[test]
fn a_mistyped_figure_is_returned_and_corrected_and_both_stay_on_record() {
    let year = Year::new();
    let outcomes = |known: u64| {
        let rows = versions(&year.reading("2022-04-30", known), "online-retail", "yuehu");
        rows.iter().map(|row| (row.life, row.outcome)).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(year.size_at("2022-05-01")), [("reported", "counts")]);
    assert_eq!(outcomes(year.size_at("2022-05-02")), [("returned", "returned")]);
    let corrected = outcomes(year.size_at("2022-05-03"));
    assert_eq!(corrected, [("returned", "returned"), ("reported", "counts")]);
    assert_eq!(outcomes(year.model.size())[0], ("returned", "returned"));
}

#[test]
fn a_trail_tells_a_cells_story_in_the_order_of_the_ledger() {
    let year = Year::new();
    let reading = year.latest("2022-12-31");
    let subject = Subject::Cell { indicator: id("online-retail"), area: id("yuehu") };
    let trail = Trail::of(&reading, subject, &year.lines);
    let april = |row: &&projections::tables::v1::trail::TrailRow| {
        row.period.as_ref().is_some_and(|period| period.as_str() == "2022-04")
    };
    let kinds: Vec<&str> = trail.rows().iter().filter(april).map(|row| row.kind).collect();
    assert_eq!(
        kinds[..4],
        ["figure-reported", "figure-returned", "figure-corrected", "evidence-attached"],
        "{kinds:?}"
    );
    let returned = trail.rows().iter().find(|row| row.kind == "figure-returned").unwrap();
    let reported = trail.rows().iter().find(|row| row.kind == "figure-reported").unwrap();
    assert_eq!(returned.acts_on, Some(reported.hash));
    assert_eq!(returned.area.as_ref().map(|area| area.as_str()), Some("yuehu"));
    let text = String::from_utf8(trail.encode().into_bytes()).unwrap();
    assert!(text.lines().next().unwrap().contains(r#""subject":"cell online-retail yuehu""#));
}

#[test]
fn trails_of_units_periods_and_submissions_have_what_was_done_in_and_about_them() {
    let year = Year::new();
    let reading = year.latest("2022-12-31");
    let trail = |subject: Subject| Trail::of(&reading, subject, &year.lines).rows().to_vec();

    let period = trail(Subject::Period(id("2022-08")));
    let has = |kind: &str| period.iter().any(|row| row.kind == kind);
    assert!(has("period-opened") && has("period-extended") && has("period-closed") && has("figure-verified"));

    let unit = trail(Subject::Unit(id("guixi")));
    assert!(unit.iter().any(|row| row.kind == "period-extended" && row.unit.as_str() != "guixi"));
    assert!(unit.iter().any(|row| row.kind == "figure-approved" && row.unit.as_str() != "guixi"));

    let filed = unit.iter().find(|row| row.kind == "submission-filed").unwrap();
    let submission = trail(Subject::Submission(filed.submission));
    let lines = year.lines.iter().filter(|line| line.submission == filed.submission).count();
    assert!(lines > 1 && submission.len() == lines);

    let indicator = trail(Subject::Indicator(id("online-retail")));
    let has = |kind: &str| indicator.iter().any(|row| row.kind == kind);
    assert!(has("indicator-defined") && has("weight-block-defined") && has("target-set"));
}

#[test]
fn a_what_if_says_so_in_its_bytes_and_in_words() {
    let year = Year::new();
    let official = year.latest("2022-04-30");
    assert!(official.is_official());
    assert_eq!(Heading::of(&official, "figures", 1).notices().len(), 1, "演示数据 alone");

    // The rules of the second half are on record, but not in force for April.
    let later: RulebookId = id("demo-2");
    let adoptions = official.plan().rulebooks();
    let rules = &adoptions.iter().find(|own| own.adopted.rulebook == later).unwrap().adopted.rules;
    let at = official.at();
    let other = Reading::under(year.book(), PlanIx(0), at, year.root(at.known), rules).unwrap();
    let text = String::from_utf8(Figures::of(&other).encode().into_bytes()).unwrap();
    let first = text.lines().next().unwrap();
    assert!(
        first.contains(r#""official":false"#) && first.contains(r#""what_if":{"rules":{"applied":"#),
        "{first}"
    );
    assert!(Heading::of(&other, "figures", 1).notices().iter().any(|line| line.starts_with("推演")));

    let same = Reading::under(year.book(), PlanIx(0), at, year.root(at.known), official.rules()).unwrap();
    assert!(same.is_official(), "naming the rules in force changes nothing");
    let without = official.clone().without(vec![year.lines[5].hash]);
    assert!(!without.is_official());
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let year = Year::new();
    let ask = |as_of: &str, known: u64| {
        let at = At { as_of: date(as_of), known };
        Reading::in_force(year.book(), PlanIx(0), at, year.root(known)).map(|_| ())
    };
    assert_eq!(ask("2022-04-30", 0), Err(NoReading::NotOpened { known: 0 }));
    assert_eq!(ask("2022-04-30", 1), Err(NoReading::NoPlan { known: 1 }));
    let early = NoReading::NoRules { as_of: date("2021-12-31"), known: year.model.size() };
    assert_eq!(ask("2021-12-31", year.model.size()), Err(early));
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

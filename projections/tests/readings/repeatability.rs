//! The same question gives the same bytes, whatever happened since and however the model came to be.

use domain::book::Book;
use domain::registry::PlanIx;
use domain::scoring::At;
use projections::tables::v1::Trail;
use projections::tables::v1::trail::Subject;
use projections::{ReadModel, Reading, TableKind};

use crate::demo::{Year, date};

const DAYS: [&str; 3] = ["2022-04-30", "2022-06-30", "2022-12-31"];

fn tables(reading: &Reading<'_>) -> Vec<Vec<u8>> {
    TableKind::ALL.iter().map(|kind| kind.encode(reading).into_bytes()).collect()
}

#[test]
fn a_ledger_that_has_grown_gives_the_bytes_it_gave_then() {
    let year = Year::new();
    let mut then = Book::default();
    let sizes = (1..=8).map(|part| year.model.size() * part / 8);
    let mut applied = 0;
    for known in sizes {
        let upto = usize::try_from(known).unwrap();
        year.lines[applied..upto].iter().for_each(|line| then.apply(line));
        applied = upto;
        for day in DAYS {
            let at = At { as_of: date(day), known };
            let Ok(earlier) = Reading::in_force(&then, PlanIx(0), at, year.root(known)) else { continue };
            assert_eq!(tables(&earlier), tables(&year.reading(day, known)), "as of {day}, known at {known}");
        }
    }
}

#[test]
fn a_saved_and_restored_model_gives_the_same_bytes() {
    let year = Year::new();
    let saved = postcard::to_stdvec(&year.model).unwrap();
    let restored: ReadModel = postcard::from_bytes(&saved).unwrap();
    assert_eq!(restored, year.model);
    for day in DAYS {
        let reading = year.latest(day);
        let again =
            Reading::in_force(restored.ledger().book(), PlanIx(0), reading.at(), restored.tree().root());
        assert_eq!(tables(&again.unwrap()), tables(&reading), "as of {day}");
    }
}

#[test]
fn every_row_is_canonical_and_names_what_it_is() {
    let year = Year::new();
    let reading = year.latest("2022-12-31");
    let subject = Subject::Unit("guixi".parse().unwrap());
    let trail = Trail::of(&reading, subject, &year.lines).encode();
    for table in TableKind::ALL.iter().map(|kind| kind.encode(&reading)).chain([trail]) {
        let text = std::str::from_utf8(table.bytes()).unwrap();
        assert!(text.ends_with('\n'), "{}", table.name());
        for line in text.lines() {
            assert_eq!(chain::json::check_canonical(line.as_bytes()), Ok(()), "{line}");
            assert!(line.contains(r#""row":""#), "{line}");
        }
        let heading: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(heading["table"], table.name());
        assert_eq!((&heading["official"], &heading["synthetic"]), (&true.into(), &true.into()));
        assert!(text.lines().count() > 3, "{} has rows", table.name());
    }
}

#[test]
fn a_stranger_recomputes_the_root() {
    let year = Year::new();
    let table = TableKind::Figures.encode(&year.latest("2022-12-31"));
    let context = "progress-ledger 2026-11 table";
    assert_eq!(table.root().0, blake3::derive_key(context, table.bytes()));
}

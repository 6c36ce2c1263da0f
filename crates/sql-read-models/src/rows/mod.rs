//! From a read model to rows: a pure function of the lines, the same on every machine and in both databases.

mod lines;
mod plans;
mod readings;

use std::collections::BTreeMap;

use compact_str::{CompactString, ToCompactString as _};
use domain::rational::Rational;
use events::rulebook::{Rounding, RoundingMode};
use projections::ReadModel;
use serde::Serialize;
use serde_json::Value;

pub use lines::{event, figure, figures};

use crate::layout::{Column, Kind, REMADE, Table};

/// A column's text, or nothing where it is empty.
pub type Cell = Option<CompactString>;
/// The cells of a row, in the order of the table's columns.
pub type Row = Vec<Cell>;
/// A table's rows by the texts of their primary keys.
pub type Rows = BTreeMap<Row, Row>;

/// Decimals whose digits do not end are rounded to so many places.
const PLACES: Rounding = Rounding { mode: RoundingMode::HalfEven, places: 12 };

/// All rows of the tables that are made anew at each step, by the name of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remade(BTreeMap<&'static str, Rows>);

impl Remade {
    /// The rows that follow from a read model.
    #[must_use]
    pub fn of(model: &ReadModel) -> Self {
        let mut all = Self::default();
        plans::add(model.ledger(), &mut all);
        readings::add(model, &mut all);
        all
    }

    /// A table's rows.
    #[must_use]
    pub fn rows(&self, table: &Table) -> &Rows {
        static NONE: Rows = Rows::new();
        self.0.get(table.name).unwrap_or(&NONE)
    }

    /// Adds the row of `source`; members of `more` stand beside those of `source`.
    ///
    /// # Panics
    /// When the table is not one of these, or has a row of the same key.
    fn add(&mut self, table: &'static Table, source: &impl Serialize, more: &[(&str, Value)]) {
        debug_assert!(REMADE.iter().any(|own| own.name == table.name), "{} is made anew", table.name);
        let row = row(table, source, more);
        let before = self.0.entry(table.name).or_default().insert(row[..table.key].to_vec(), row);
        assert!(before.is_none(), "{} has one row of a key", table.name);
    }
}

/// The row of `source`, whose members stand where the columns' pointers say; members of `more` stand beside them.
///
/// # Panics
/// When a column that is never empty is, or a number has other text than numbers have.
fn row(table: &Table, source: &impl Serialize, more: &[(&str, Value)]) -> Row {
    let mut source = serde_json::to_value(source).expect("rows are plain data");
    let members = source.as_object_mut().expect("a row is an object");
    members.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    table.columns.iter().map(|column| cell(table, column, &source)).collect()
}

fn cell(table: &Table, column: &Column, source: &Value) -> Cell {
    let text = match source.pointer(column.pointer).unwrap_or(&Value::Null) {
        // Events leave a member out that is false.
        Value::Null if column.kind == Kind::Boolean && !column.nullable => Some("false".into()),
        Value::Null => None,
        Value::String(text) => Some(text.as_str().into()),
        Value::Bool(yes) => Some(yes.to_compact_string()),
        Value::Number(number) => Some(number.to_compact_string()),
        nested @ (Value::Array(_) | Value::Object(_)) => Some(nested.to_string().into()),
    };
    let cell = if column.kind == Kind::Decimal { text.and_then(|text| decimal(&text)) } else { text };
    assert!(cell.is_some() || column.nullable, "{}.{} is never empty", table.name, column.name);
    cell
}

/// The decimal digits of a number; nothing for a word that stands where a number might.
fn decimal(text: &str) -> Cell {
    if chain::typed::is_decimal(text) {
        return Some(text.into());
    }
    let number: Rational = text.parse().ok()?;
    Some(
        number
            .to_decimal(0)
            .filter(|text| text.len() < 40)
            .unwrap_or_else(|| number.to_rounded(PLACES))
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn a_decimal_keeps_its_digits_and_a_fraction_gets_some() {
        let text = |text: &str| decimal(text).map(|text| text.to_string());
        assert_eq!(text("12.80").as_deref(), Some("12.80"));
        assert_eq!(text("3/4").as_deref(), Some("0.75"));
        assert_eq!(text("-2/3").as_deref(), Some("-0.666666666667"));
        assert_eq!(text("1/1267650600228229401496703205376").as_deref(), Some("0.000000000000"));
        assert_eq!(text("not-available"), None);
    }
}

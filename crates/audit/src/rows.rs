//! Where two tables differ: the row, its member, what follows from the lines and what stands there instead.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// Members that say which row it is; all others are its content.
const NAMES: [&str; 10] =
    ["row", "indicator", "area", "block", "class", "period", "unit", "hash", "position", "table"];

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The row's names, `cell gdp yujiang`, and the member; the row alone where it is missing on one side.
    pub row: String,
    /// What follows from the lines.
    pub expected: String,
    /// What stands there instead.
    pub found: String,
}

type Rows = BTreeMap<String, Map<String, Value>>;

/// Every difference between two tables of JSON Lines, at most `limit` of them, in the order of the rows' names.
///
/// Empty only where the bytes are equal: what is no difference of a row is one of order or spelling.
#[must_use]
pub fn differences(expected: &[u8], found: &[u8], limit: usize) -> Vec<Difference> {
    if expected == found {
        return Vec::new();
    }
    let (Some(left), Some(right)) = (rows(expected), rows(found)) else {
        return vec![whole("可读的表", "不是 JSON Lines，或有两行同名")];
    };
    let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
    let mut all: Vec<Difference> =
        names.flat_map(|name| of_row(name, left.get(name), right.get(name))).take(limit).collect();
    if all.is_empty() {
        all.push(whole("同样的字节", "行的顺序或写法不同"));
    }
    all
}

fn whole(expected: &str, found: &str) -> Difference {
    Difference { row: "整张表".to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}

/// Rows by their names; none where a line is no object or two rows have one name.
fn rows(table: &[u8]) -> Option<Rows> {
    let mut rows = Rows::new();
    for line in table.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let row: Map<String, Value> = serde_json::from_slice(line).ok()?;
        if rows.insert(name(&row), row).is_some() {
            return None;
        }
    }
    Some(rows)
}

fn name(row: &Map<String, Value>) -> String {
    let names = NAMES.iter().filter_map(|member| row.get(*member)).map(text);
    names.collect::<Vec<_>>().join(" ")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn of_row(
    name: &str,
    expected: Option<&Map<String, Value>>,
    found: Option<&Map<String, Value>>,
) -> Vec<Difference> {
    let nothing = || "（没有）".to_owned();
    let difference = |row: String, expected: String, found: String| Difference { row, expected, found };
    let (Some(left), Some(right)) = (expected, found) else {
        let there = |row: Option<&_>| row.map_or_else(nothing, |_| "有这一行".to_owned());
        return vec![difference(name.to_owned(), there(expected), there(found))];
    };
    let members = left.keys().chain(right.keys().filter(|member| !left.contains_key(*member)));
    members
        .filter(|member| left.get(*member) != right.get(*member))
        .map(|member| {
            let there = |row: &Map<String, Value>| row.get(member).map_or_else(nothing, text);
            difference(format!("{name}: {member}"), there(left), there(right))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(expected: &str, found: &str) -> Vec<String> {
        let told = |own: Difference| format!("{} {} {}", own.row, own.expected, own.found);
        differences(expected.as_bytes(), found.as_bytes(), 9).into_iter().map(told).collect()
    }

    #[test]
    fn a_changed_cell_is_named_with_both_values() {
        let table = "{\"area\":\"east\",\"indicator\":\"gdp\",\"row\":\"cell\",\"share\":\"1/2\"}\n\
                     {\"area\":\"west\",\"indicator\":\"gdp\",\"row\":\"cell\"}\n";
        assert!(told(table, table).is_empty());
        assert_eq!(told(table, &table.replace("1/2", "2/3")), ["cell gdp east: share 1/2 2/3"]);
        let shorter = table.split_inclusive('\n').next().unwrap();
        assert_eq!(told(table, shorter), ["cell gdp west 有这一行 （没有）"]);
        assert_eq!(told(shorter, table), ["cell gdp west （没有） 有这一行"]);
    }

    #[test]
    fn other_bytes_are_never_no_difference() {
        assert_eq!(told("{\"a\":1}\n", "{\"a\": 1}\n"), ["整张表 同样的字节 行的顺序或写法不同"]);
        assert_eq!(told("{\"a\":1}\n", "{\"a\":1"), ["整张表 可读的表 不是 JSON Lines，或有两行同名"]);
    }
}

//! Prints tables for people. All arithmetic is on whole numbers.

use std::time::Duration;

/// A table of texts: the first column to the left, all others to the right.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Starts a table with the names of its columns.
    pub fn new(columns: &[&str]) -> Self {
        Self { rows: vec![columns.iter().map(|&column| column.to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints the table in Markdown, its columns aligned.
    pub fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        for (index, row) in self.rows.iter().enumerate() {
            println!("{}", aligned(row, &widths));
            if index == 0 {
                let rule = |(column, width): (usize, &usize)| {
                    let dashes = "-".repeat(width + 1);
                    if column == 0 { format!("-{dashes}") } else { format!("{dashes}:") }
                };
                let rules: Vec<String> = widths.iter().enumerate().map(rule).collect();
                println!("|{}|", rules.join("|"));
            }
        }
    }
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let cell = |(column, width): (usize, &usize)| {
        let text = row.get(column).map_or("", String::as_str);
        if column == 0 { format!(" {text:<width$} ") } else { format!(" {text:>width$} ") }
    };
    let cells: Vec<String> = widths.iter().enumerate().map(cell).collect();
    format!("|{}|", cells.join("|"))
}

/// Returns how many of `count` there were per second, rounded down.
pub fn per_second(count: u64, elapsed: Duration) -> u64 {
    let nanoseconds = elapsed.as_nanos().max(1);
    u64::try_from(u128::from(count) * 1_000_000_000 / nanoseconds).unwrap_or(u64::MAX)
}

/// Returns the middle of `values`, the upper one of two.
///
/// # Panics
/// Panics where there is none.
pub fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// Returns the value below which `per_mille` of the sorted values lie.
///
/// # Panics
/// Panics where there is none.
pub fn percentile(sorted: &[u64], per_mille: usize) -> u64 {
    sorted[(sorted.len() * per_mille / 1000).min(sorted.len() - 1)]
}

/// Writes `part` of `whole` with two places, rounded down: 0.83.
pub fn ratio(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 100 / u128::from(whole.max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Writes a whole number with separators: 36,900.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{grouped, median, per_second, percentile, ratio};

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(36_900), "36,900");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }

    #[test]
    fn a_ratio_is_never_rounded_up_to_its_goal() {
        assert_eq!(ratio(799, 1000), "0.79");
        assert_eq!(ratio(2, 1), "2.00");
    }

    #[test]
    fn rates_and_middles() {
        assert_eq!(per_second(10, Duration::from_millis(500)), 20);
        assert_eq!(median(&[3, 1, 2]), 2);
        let sorted: Vec<u64> = (0..1000).collect();
        assert_eq!((percentile(&sorted, 500), percentile(&sorted, 990)), (500, 990));
    }
}

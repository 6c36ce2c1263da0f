//! What a repeated check of a whole ledger says: for people, for programs, and as metrics.
//!
//! Whoever runs it (a command, a server) brings the report, what it compared beside, and the time: nothing here knows a
//! clock or a disk.

use std::fmt::Write as _;

use chain::{Instant, TreeHash};
use serde::{Deserialize, Serialize};

use crate::{Finding, Report};

/// A root that was made again from the bytes and found right, with everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When the check that found it right began.
    pub at: Instant,
    /// The tree's root.
    pub root: TreeHash,
    /// Over how many lines.
    pub size: u64,
}

/// Something that is kept beside the lines, such as a read model, and whether it was compared with what follows from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Beside {
    /// What it is called, such as `saved-state`.
    pub name: &'static str,
    /// Of how many lines it was kept, where it was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<u64>,
    /// Why it was not, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
}

/// One self-check. Serialized, it is the file `self-check.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SelfCheck {
    /// How many table roots on record were made again and compared.
    pub attested_tables: u64,
    /// When it began.
    pub checked_at: Instant,
    /// What is wrong; a difference in a table with its row.
    pub findings: Vec<Finding>,
    /// Whether there are lines, and nothing is wrong with them or with what was made of them.
    pub holds: bool,
    /// The root that was found right last: by this check, or by one before if this one found something.
    pub last_verified: Option<Verified>,
    /// How many lines there are.
    pub lines: u64,
    /// What is kept beside the lines: read models, a head.
    pub beside: Vec<Beside>,
    #[serde(skip)]
    before: Option<Verified>,
}

impl SelfCheck {
    /// What an audit that also rebuilt the read model says at `now`; `before` is what an earlier check found right.
    ///
    /// An append in flight is no finding: it was acknowledged to nobody.
    #[must_use]
    pub fn of(report: &Report, now: Instant, before: Option<Verified>) -> Self {
        let findings = report.findings.iter().filter(|finding| finding.kind != "incomplete-append").cloned();
        let findings: Vec<Finding> = findings.collect();
        let whole = report.lines > 0 && report.folded_lines == Some(report.lines);
        let verified = Verified { at: now, root: report.root, size: report.lines };
        let holds = findings.is_empty() && whole;
        Self {
            attested_tables: report.attested_tables,
            checked_at: now,
            findings,
            holds,
            last_verified: if holds { Some(verified) } else { before },
            lines: report.lines,
            beside: Vec::new(),
            before,
        }
    }

    /// A ledger that cannot be read at all; `reason` is for people.
    #[must_use]
    pub fn unreadable(reason: String, now: Instant, before: Option<Verified>) -> Self {
        let finding = Finding {
            kind: "unreadable",
            table: None,
            position: None,
            expected: None,
            found: None,
            message_zh: reason,
        };
        Self {
            attested_tables: 0,
            checked_at: now,
            findings: vec![finding],
            holds: false,
            last_verified: before,
            lines: 0,
            beside: Vec::new(),
            before,
        }
    }

    /// Adds something of `size` lines that was compared, with what was found in it.
    #[must_use]
    pub fn compared(mut self, name: &'static str, size: u64, findings: Vec<Finding>) -> Self {
        self.beside.push(Beside { name, compared: Some(size), not_compared: None });
        if !findings.is_empty() {
            self.holds = false;
            self.last_verified = self.before;
        }
        self.findings.extend(findings);
        self
    }

    /// Adds something that was not compared, and why.
    #[must_use]
    pub fn not_compared(mut self, name: &'static str, reason: String) -> Self {
        self.beside.push(Beside { name, compared: None, not_compared: Some(reason) });
        self
    }

    /// The state as Prometheus text, as it stands at `now`. The age is `+Inf` where no root was ever found right, so that an
    /// alert on it is raised then, too.
    #[must_use]
    pub fn metrics(&self, now: Instant) -> String {
        let mut text = String::new();
        let age = self.last_verified.map(|own| seconds(now).saturating_sub(seconds(own.at)).max(0));
        let age = age.map_or_else(|| "+Inf".to_owned(), |age| age.to_string());
        let of_last = |value: fn(Verified) -> i64| self.last_verified.map_or(0, value).to_string();
        let rows = [
            ("last_verified_root_age_seconds", "Seconds since all roots were last found right.", age),
            (
                "last_verified_root_timestamp_seconds",
                "When all roots were last found right, in seconds since 1970; 0 for never.",
                of_last(|own| seconds(own.at)),
            ),
            (
                "last_verified_root_size",
                "Lines under the root that was last found right.",
                of_last(|own| i64::try_from(own.size).unwrap_or(i64::MAX)),
            ),
            (
                "self_check_timestamp_seconds",
                "When the last self-check began, in seconds since 1970.",
                seconds(self.checked_at).to_string(),
            ),
            (
                "self_check_holds",
                "1 where the last self-check found nothing wrong, else 0.",
                u8::from(self.holds).to_string(),
            ),
            ("self_check_findings", "Findings of the last self-check.", self.findings.len().to_string()),
            (
                "self_check_attested_tables",
                "Table roots on record that the last self-check made again.",
                self.attested_tables.to_string(),
            ),
        ];
        for (name, help, value) in rows {
            let name = format!("progress_ledger_{name}");
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}")
                .expect("a string takes text");
        }
        text
    }
}

/// Whole seconds since 1970.
const fn seconds(at: Instant) -> i64 {
    at.micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_micros(second * 1_000_000).unwrap()
    }

    fn value<'a>(metrics: &'a str, name: &str) -> &'a str {
        let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("progress_ledger_{name} ")));
        line.unwrap_or_else(|| panic!("{name} in {metrics}"))
    }

    #[test]
    fn the_age_grows_from_the_last_root_that_was_right_whatever_failed_since() {
        let right = Verified { at: at(100), root: TreeHash([7; 32]), size: 9 };
        let failed = SelfCheck::unreadable("读不到".to_owned(), at(160), Some(right));
        let metrics = failed.metrics(at(175));
        assert_eq!(value(&metrics, "last_verified_root_age_seconds"), "75");
        assert_eq!(value(&metrics, "last_verified_root_size"), "9");
        assert_eq!(value(&metrics, "self_check_timestamp_seconds"), "160");
        assert_eq!((value(&metrics, "self_check_holds"), value(&metrics, "self_check_findings")), ("0", "1"));
    }

    #[test]
    fn where_no_root_was_ever_right_an_alert_on_the_age_is_raised() {
        let never = SelfCheck::unreadable("读不到".to_owned(), at(160), None);
        assert_eq!(value(&never.metrics(at(160)), "last_verified_root_age_seconds"), "+Inf");
    }

    #[test]
    fn every_metric_has_its_help_and_type() {
        let metrics = SelfCheck::unreadable("读不到".to_owned(), at(1), None).metrics(at(1));
        let lines: Vec<&str> = metrics.lines().collect();
        for own in lines.chunks(3) {
            let name = own[2].split(' ').next().unwrap();
            assert!(
                own[0].starts_with(&format!("# HELP {name} ")) && own[1] == format!("# TYPE {name} gauge")
            );
        }
        assert!(metrics.ends_with('\n'));
    }
}

//! The ready queries of `docs/sql.md`: the same text for both databases, with texts for `$1`, `$2` ….

/// A ready query.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Its name.
    pub name: &'static str,
    /// What `$1`, `$2` … are.
    pub parameters: &'static [&'static str],
    /// Its text.
    pub sql: &'static str,
}

/// Places and totals at a reporting date, with the change since the one before.
pub const RANKING_AT: Query =
    Query { name: "ranking-at", parameters: &["plan", "as of"], sql: include_str!("queries/ranking-at.sql") };

/// Units with filings that were late or never came, the worst first.
pub const LATE_OR_MISSING: Query = Query {
    name: "late-or-missing",
    parameters: &["plan"],
    sql: include_str!("queries/late-or-missing.sql"),
};

/// Everything that happened to a cell's figures, with the hashes that prove it.
pub const CELL_HISTORY: Query = Query {
    name: "cell-history",
    parameters: &["plan", "indicator", "area"],
    sql: include_str!("queries/cell-history.sql"),
};

/// All of them.
pub const QUERIES: [Query; 3] = [RANKING_AT, LATE_OR_MISSING, CELL_HISTORY];

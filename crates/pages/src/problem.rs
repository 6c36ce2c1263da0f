//! A page for a question that has no answer: what happened, that nothing was changed, and where to go from here.

use askama::Template;

use crate::bare::Bare;
use crate::frame::filled;
use crate::links::Links;

/// What is said.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'a str,
    /// What happened, in short.
    pub title: &'a str,
    /// What happened and what to do.
    pub detail: &'a str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    frame: Bare,
    said: Said<'a>,
    home: String,
}

/// The page of a problem; `query` is the request's.
pub fn problem(said: Said<'_>, query: &str) -> String {
    // Axes that may be the problem itself are not carried on.
    let home = Links::of(query).now("/", &[]);
    filled(&Problem { frame: Bare::of(said.title, ""), said, home })
}

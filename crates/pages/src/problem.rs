//! A page for a question that has no answer: what happened, that nothing was changed, and where to go from here.

use askama::Template;

use crate::assets;
use crate::frame::{Group, filled, menu};
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
    said: Said<'a>,
    menu: Vec<Group>,
    stylesheet: &'static str,
    script: &'static str,
    icon: &'static str,
    home: String,
}

/// The page of a problem; `query` is the request's.
pub fn problem(said: Said<'_>, query: &str) -> String {
    // Axes that may be the problem itself are not carried on.
    let links = Links::of(query);
    filled(&Problem {
        said,
        menu: menu(&Links::default(), ""),
        stylesheet: &assets::STYLESHEET.path,
        script: &assets::SCRIPT.path,
        icon: &assets::ICON.path,
        home: links.now("/", &[]),
    })
}

//! What stands around a page that is on no axes: a problem, an answer of the interface, a login.

use crate::frame::{Group, menu};
use crate::links::Links;

/// The frame without axes: what `base.html` asks of any frame.
pub struct Bare {
    pub title: String,
    pub city: &'static str,
    pub menu: Vec<Group>,
    class: &'static str,
}

impl Bare {
    pub fn of(title: &str, class: &'static str) -> Self {
        Self { title: title.to_owned(), city: "", menu: menu(&Links::default(), ""), class }
    }

    pub const fn class(&self) -> &'static str {
        self.class
    }

    pub const fn tag(&self) -> &'static str {
        ""
    }

    pub const fn home(&self) -> &'static str {
        "/"
    }
}

//! What stands around a page that is on no axes: a problem, or an answer of the interface.

use crate::assets;
use crate::frame::{Group, menu};
use crate::links::Links;

/// The frame without axes.
pub struct Bare {
    pub title: String,
    pub menu: Vec<Group>,
    pub class: &'static str,
}

impl Bare {
    pub fn of(title: &str, class: &'static str) -> Self {
        Self { title: title.to_owned(), menu: menu(&Links::default(), ""), class }
    }

    pub fn stylesheet(&self) -> &'static str {
        &assets::STYLESHEET.path
    }

    pub fn script(&self) -> &'static str {
        &assets::SCRIPT.path
    }

    pub fn icon(&self) -> &'static str {
        &assets::ICON.path
    }
}

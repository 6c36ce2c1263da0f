//! 我的报送: what was sent back, what stands, and the ways on.

use answers::Asked;
use askama::Template;
use events::Duty;
use projections::Reading;

use super::figures::{Waiting, is_returned, life_word, standing, waiting};
use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::visitor::Visitor;

/// So many of the newest filings are listed.
const LISTED: usize = 60;

#[derive(Template)]
#[template(path = "mine.html")]
struct MinePage {
    frame: Frame,
    units: String,
    returned: Vec<Waiting>,
    filed: Vec<(Waiting, String)>,
    more: usize,
}

/// A reporter's figures.
///
/// # Errors
/// When the question has no answer, or nobody who reports asks.
pub fn mine(site: &Site<'_>, asked: &Asked<'_>, visitor: &Visitor) -> Result<String, PageError> {
    let reading = asked.reading()?;
    if !visitor.has("reporter") {
        return Err(PageError::Question("您的账号没有填报的角色。请联系管理员。".to_owned()));
    }
    let frame = Frame::of(site, asked, Page { path: "/mine", title: "我的报送", own: &[] })?;
    let (mut returned, mut filed) = (Vec::new(), Vec::new());
    for ix in own_cells(&reading, visitor) {
        for (cell, figure) in standing(&reading, ix, |_| true) {
            let shown = waiting(&reading, ix, cell, figure, &frame.links);
            let life = figure.life(reading.at().known);
            if is_returned(life) {
                returned.push(shown)
            } else {
                filed.push((shown, life_word(life).to_owned()))
            }
        }
    }
    filed.sort_by_key(|(own, _)| std::cmp::Reverse(own.position));
    let more = filed.len().saturating_sub(LISTED);
    filed.truncate(LISTED);
    let units: Vec<&str> = visitor.units("reporter").map(|unit| reading.unit_name(unit)).collect();
    Ok(filled(&MinePage { units: units.join("、"), returned, filed, more, frame }))
}

fn own_cells<'a>(reading: &Reading<'a>, visitor: &Visitor) -> Vec<domain::registry::CellIx> {
    let registry = reading.book().registry();
    let is_own = |ix: &domain::registry::CellIx| {
        visitor.units("reporter").any(|unit| registry.has_duty(unit, Duty::Reports, *ix))
    };
    reading.cells().filter(is_own).collect()
}

//! 更正: a figure's new value with a reason; the old one stays where it is.

use answers::Asked;
use askama::Template;
use chain::EventHash;
use projections::words;
use serde_json::{Value, json};

use super::figures::{Waiting, entered, life_word, waiting};
use super::{Trouble, value};
use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::visitor::Visitor;

/// Why figures are corrected: the stored word and what people read.
const REASONS: [(&str, &str); 5] = [
    ("misreported", "错报"),
    ("data-revised", "数据修订"),
    ("definition-changed", "口径调整"),
    ("supplied-later", "补报"),
    ("other", "其他（请在说明里写明）"),
];

/// How firm a value is.
pub const STATUSES: [(&str, &str); 4] =
    [("preliminary", "快报"), ("provisional", "初步"), ("final", "最终"), ("estimated", "估计")];

/// What was entered and did not become a correction.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// The fields of the form.
    pub fields: Vec<(String, String)>,
    /// What stands in the way.
    pub troubles: Vec<Trouble>,
    /// What happened, in a sentence.
    pub said: String,
}

#[derive(Template)]
#[template(path = "correct.html")]
struct CorrectPage {
    frame: Frame,
    csrf_token: String,
    unit: String,
    figure: Waiting,
    life: &'static str,
    value: String,
    reasons: Vec<(&'static str, &'static str, bool)>,
    statuses: Vec<(&'static str, &'static str, bool)>,
    note: String,
    confirm: String,
    material: bool,
    said: String,
    troubles: Vec<Trouble>,
}

/// The form that corrects a figure.
///
/// # Errors
/// When the question has no answer, or there is no such figure.
pub fn correct(
    site: &Site<'_>,
    asked: &Asked<'_>,
    visitor: &Visitor,
    figure: EventHash,
    given: &Correction,
) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let hash = figure.to_string();
    let frame = Frame::of(site, asked, Page { path: "/correct", title: "更正", own: &[("figure", &hash)] })?;
    let missing = || PageError::NotThere("账本里没有这个数。请从“我的报送”里打开要更正的数。".to_owned());
    let ix = reading.book().figure_ix(&figure).ok_or_else(missing)?;
    let cell = reading.book().cell(ix.cell).ok_or_else(missing)?;
    let own = reading.book().figure(ix);
    let chosen = |name, usual: &str| {
        let text = value(&given.fields, name);
        if text.is_empty() { usual.to_owned() } else { text.to_owned() }
    };
    let usual = words::status(own.status);
    let usual = STATUSES.iter().find(|(_, word)| *word == usual).map_or("preliminary", |(code, _)| code);
    let (reason, status) = (chosen("reason", "misreported"), chosen("status", usual));
    Ok(filled(&CorrectPage {
        csrf_token: visitor.csrf_token.clone(),
        unit: own.unit.to_string(),
        life: life_word(own.life(reading.at().known)),
        figure: waiting(&reading, ix.cell, cell, own, &frame.links),
        value: chosen("value", &entered(own.value)),
        reasons: REASONS.iter().map(|(code, word)| (*code, *word, *code == reason)).collect(),
        statuses: STATUSES.iter().map(|(code, word)| (*code, *word, *code == status)).collect(),
        note: value(&given.fields, "note").to_owned(),
        confirm: value(&given.fields, "confirm").to_owned(),
        material: given.fields.is_empty() || value(&given.fields, "material") == "true",
        said: given.said.clone(),
        troubles: given.troubles.clone(),
        frame,
    }))
}

/// The document of a correction.
#[must_use]
pub fn correction(fields: &[(String, String)]) -> Value {
    let mut data = json!({
        "corrects": value(fields, "figure"),
        "material": value(fields, "material") == "true",
        "reason": value(fields, "reason"),
        "status": value(fields, "status"),
        "value": value(fields, "value"),
    });
    if !value(fields, "note").is_empty() {
        data["note"] = value(fields, "note").into();
    }
    let mut document = json!({ "unit": value(fields, "unit"), "events": [{ "data": data }] });
    if !value(fields, "confirm").is_empty() {
        document["confirm"] =
            json!({ "period": value(fields, "period"), "reason": value(fields, "confirm") });
    }
    document
}

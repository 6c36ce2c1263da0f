//! 回执: that something is recorded, where, and how to find it again.

use answers::Asked;
use askama::Template;
use projections::words;
use serde_json::Value;

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};

/// More hashes of one filing are on its trail.
const LISTED: usize = 12;

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    frame: Frame,
    submission: String,
    at: String,
    count: usize,
    lines: Vec<(u64, String)>,
    more: usize,
    repeated: bool,
    trail: String,
}

/// The page of a receipt, as programs get it.
///
/// # Errors
/// When the question has no answer.
pub fn receipt(site: &Site<'_>, asked: &Asked<'_>, own: &Value) -> Result<String, PageError> {
    let frame = Frame::of(site, asked, Page { path: "/receipt", title: "回执", own: &[] })?;
    let lines = own["lines"].as_array().into_iter().flatten();
    let lines: Vec<(u64, String)> = lines
        .filter_map(|line| Some((line["position"].as_u64()?, line["hash"].as_str()?.to_owned())))
        .collect();
    let submission = own["submission"].as_str().unwrap_or_default().to_owned();
    let at = own["at"].as_str().and_then(|text| text.parse().ok());
    Ok(filled(&ReceiptPage {
        trail: frame.links.now("/trail", &[("submission", &submission)]),
        at: at.map(words::china_time).unwrap_or_default(),
        repeated: own["repeated"] == true,
        more: lines.len().saturating_sub(LISTED),
        count: lines.len(),
        lines: lines.into_iter().take(LISTED).collect(),
        submission,
        frame,
    }))
}

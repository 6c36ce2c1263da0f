//! The pages on which something is done: forms that work without script, and what became of them.
//!
//! A form is made from the ledger and from what was entered; what is recorded is decided elsewhere, by the same acts that programs
//! use. Here a form's fields only become the document that such an act takes.

mod corrections;
mod figures;
mod filing;
mod mine;
mod receipt;
mod report;
mod review;
mod sign_in;

pub use corrections::{Correction, correct, correction};
pub use filing::filing;
pub use mine::mine;
pub use receipt::receipt;
pub use report::{Entered, report};
pub use review::{acts, review};
pub use sign_in::{Invited, link, sign_in};

use serde_json::Value;

/// Something that stands in the way, beside the place it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Where, as a path in the document or a cell of a sheet; empty for the whole.
    pub place: String,
    /// What is wrong and what to do.
    pub text: String,
    /// A warning is confirmed with a reason; an error is put right.
    pub is_warning: bool,
}

/// What a refusal lists (`problems` of the problem document); what is of another shape is left out.
#[must_use]
pub fn troubles(problems: &Value) -> Vec<Trouble> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let trouble = |problem: &Value| {
        Some(Trouble {
            place: text(&problem["place"]).unwrap_or_default(),
            text: text(&problem["message"])?,
            is_warning: problem["severity"] == "warning",
        })
    };
    problems.as_array().into_iter().flatten().filter_map(trouble).collect()
}

/// The values of a field that may stand in a form several times.
fn values<'f>(fields: &'f [(String, String)], name: &'f str) -> impl Iterator<Item = &'f str> {
    fields.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// The value of a field that stands in a form once; empty where it does not.
fn value<'f>(fields: &'f [(String, String)], name: &'f str) -> &'f str {
    values(fields, name).next().unwrap_or_default().trim()
}

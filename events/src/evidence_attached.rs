//! `evidence-attached`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::{ContentHash, EventHash};

/// A file was put on record by its hash. The file itself lives outside the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceAttached {
    /// The file's address: its plain BLAKE3.
    pub blake3: ContentHash,
    /// The file's length.
    pub bytes: u64,
    /// The line that reported or corrected the figure it shows; none for evidence of something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<EventHash>,
    /// Its media type, such as `application/pdf`.
    pub media_type: String,
    /// What it is, in the unit's words.
    pub title: String,
}

//! What a client wants recorded: complete, so that it can be signed and compared.

use chain::json::JsonError;
use events::{AccountId, Event, Signature, UnitId};
use uuid::Uuid;

/// A submission: events to be recorded together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The client's id; the same on every retry.
    pub submission: Uuid,
    /// The unit in whose name.
    pub unit: UnitId,
    /// The account that sends it.
    pub by: AccountId,
    /// The events, in order.
    pub events: Vec<Event>,
    /// The unit's signature over [`Prepared::payload`].
    pub signature: Option<Signature>,
}

/// A submission with its payloads encoded once.
#[derive(Clone, Debug)]
pub struct Prepared {
    submission: Submission,
    /// The canonical data of each event.
    data: Vec<Vec<u8>>,
}

impl Prepared {
    /// Encodes a submission's events.
    ///
    /// # Errors
    /// The index of the event that has text the format refuses, and what is wrong with it.
    pub fn new(submission: Submission) -> Result<Self, (usize, JsonError)> {
        let encode = |(index, event): (usize, &Event)| event.encode().map_err(|error| (index, error));
        let data = submission.events.iter().enumerate().map(encode).collect::<Result<_, _>>()?;
        Ok(Self { submission, data })
    }

    /// The submission.
    #[must_use]
    pub const fn submission(&self) -> &Submission {
        &self.submission
    }

    /// The canonical data of each event, without the signature.
    #[must_use]
    pub fn data(&self) -> &[Vec<u8>] {
        &self.data
    }

    /// What the unit signs (`docs/format.md` §4), and what two submissions of one id are compared by.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let events = self.submission.events.iter().zip(&self.data);
        let parts =
            events.map(|(event, data)| (event.kind().name(), event.kind().version(), data.as_slice()));
        payload(&self.submission.submission, &self.submission.unit, parts)
    }
}

/// The canonical payload of a submission from the stored parts of its lines.
pub(super) fn payload<'a>(
    submission: &Uuid,
    unit: &UnitId,
    events: impl Iterator<Item = (&'a str, u32, &'a [u8])>,
) -> Vec<u8> {
    let mut out = b"{\"events\":[".to_vec();
    for (index, (kind, version, data)) in events.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"data\":");
        out.extend_from_slice(data);
        out.extend_from_slice(format!(",\"type\":\"{kind}\",\"version\":{version}}}").as_bytes());
    }
    out.extend_from_slice(format!("],\"submission\":\"{submission}\",\"unit\":\"{unit}\"}}").as_bytes());
    out
}

//! From a decided submission to its lines.

use chain::line::{Envelope, LineError};
use chain::{EventHash, Instant};
use events::Recorded;

use super::{Head, Prepared, UnitHead};

/// A line that is about to be appended.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// The line's bytes, without the LF.
    pub bytes: Vec<u8>,
    /// The line, decoded.
    pub recorded: Recorded,
}

/// The lines of one submission.
pub type Lines = Vec<NewLine>;

impl Head {
    /// Makes the lines of a submission that would follow this head in an append at `at`.
    ///
    /// # Errors
    /// The index of the event whose line is too long or has text the format refuses.
    pub fn lines(&self, prepared: &Prepared, at: Instant) -> Result<Lines, (usize, LineError)> {
        let submission = prepared.submission();
        let submission_size =
            u32::try_from(submission.events.len()).expect("a submission is limited in size");
        let unit = self.units.get(&submission.unit).copied();
        let mut unit = unit.unwrap_or(UnitHead { lines: 0, hash: EventHash::ZERO });
        let mut prev = self.hash;
        let mut lines = Lines::with_capacity(submission.events.len());
        for (k, (event, data)) in (0_u32..).zip(submission.events.iter().zip(prepared.data())) {
            let envelope = Envelope {
                at,
                by: submission.by.as_str(),
                id: chain::hash::event_id(submission.submission, k),
                position: self.size + u64::from(k),
                prev,
                submission: submission.submission,
                submission_size,
                kind: event.kind().name(),
                unit: submission.unit.as_str(),
                unit_prev: unit.hash,
                unit_seq: unit.lines,
                version: event.kind().version(),
            };
            let signature = submission.signature.as_ref().filter(|_| k == 0);
            let mut bytes = Vec::with_capacity(data.len() + 512);
            let written = match signature {
                None => chain::line::write(&envelope, data, &mut bytes),
                Some(signature) => chain::line::write(&envelope, &signed(data, signature), &mut bytes),
            };
            written.map_err(|error| (k as usize, error))?;
            let hash = chain::hash::event_hash(&bytes);
            let recorded = Recorded {
                position: envelope.position,
                hash,
                at,
                by: submission.by.clone(),
                unit: submission.unit.clone(),
                unit_seq: unit.lines,
                submission: submission.submission,
                submission_size,
                signature: signature.cloned(),
                event: event.clone(),
            };
            prev = hash;
            unit = UnitHead { lines: unit.lines + 1, hash };
            lines.push(NewLine { bytes, recorded });
        }
        Ok(lines)
    }
}

/// The data with the signature as one more member, in its canonical place.
fn signed(data: &[u8], signature: &events::Signature) -> Vec<u8> {
    let mut members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(data).expect("a payload is an object");
    let signature = serde_json::to_value(signature).expect("two strings");
    members.insert("signature".to_owned(), signature);
    chain::json::to_canonical(&members).expect("canonical data and base64 stay canonical")
}

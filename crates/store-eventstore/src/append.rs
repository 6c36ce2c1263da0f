//! The safe write loop: the same ids at the same expected version, until it is known what became of them.
//!
//! Ids come from submissions, so two servers that are given one submission write events of equal ids and other content,
//! and the second is told 201 for the first one's. Hence nothing is believed before it was read: the last event's hash
//! stands for all before it, since every line names the hash of the line before.

use std::time::Duration;

use store::{Damage, LineBatch, Result, StoreError};

use crate::http::Silence;
use crate::lines::Batch;
use crate::place::why_again;
use crate::source::Source;
use crate::timing::Patience;
use crate::wire::{Outcome, Request, Response};

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The lines are in the stream.
    Committed,
    /// Others are, or the stream has another size: nothing of the batch is there, nor will be.
    Conflict,
    /// Not known yet; the reason.
    Unknown(String),
}

/// What one look at the stream says.
enum Look {
    /// All that was looked for is there.
    All,
    /// Something else is in its place.
    Other,
    /// Nothing else is in its place, and not all of it is there.
    NotAll,
}

impl Source {
    /// Sends a batch until it is known whether its lines are in the stream, or the time is up.
    ///
    /// # Errors
    /// The server refuses what asking again would not change; nothing was written by the last request. Whether an
    /// earlier one wrote, the caller knows from `may_be_there`.
    pub fn write(&self, batch: &Batch) -> Result<Written> {
        let version = i64::try_from(batch.first()).map_or(i64::MAX, |first| first - 1);
        let request = Request::append(&self.place.stream, version, batch.body().to_vec());
        let mut patience = Patience::begin(&self.timing);
        let mut may_be_there = false;
        loop {
            let (reason, at_least) = match self.cluster.ask_in_time(&request) {
                Ok(response) => match self.after(batch, &response, may_be_there)? {
                    Step::Known(written) => return Ok(written),
                    Step::Again { reason, after, wrote } => {
                        may_be_there |= wrote;
                        (reason, after)
                    }
                },
                Err(silence) => {
                    may_be_there |= !matches!(silence, Silence::NotConnected { .. });
                    (silence.to_string(), self.settling(&silence))
                }
            };
            self.cluster.look_again();
            if !patience.pause(at_least) {
                return self.out_of_time(batch, may_be_there, reason);
            }
        }
    }

    /// What an answer to the append says, after looking where the answer is not enough.
    fn after(&self, batch: &Batch, response: &Response, may_be_there: bool) -> Result<Step> {
        let outcome = Outcome::of(response);
        let look = match &outcome {
            Outcome::Committed { first } if *first == batch.first() => self.look_at_last(batch),
            Outcome::Committed { first } => {
                let reason = format!("服务器说写在第 {first} 行，应为第 {} 行", batch.first());
                return Err(self.place.corrupt(*first, Damage::StreamForeign, reason));
            }
            Outcome::OtherVersion { .. } => self.look_at_all(batch),
            Outcome::TooLarge => return self.after_too_large(batch, may_be_there),
            Outcome::NotNow { after } => {
                let after = after.unwrap_or_default();
                return Ok(Step::Again { reason: why_again(&outcome), after, wrote: false });
            }
            Outcome::Elsewhere { .. } => {
                return Ok(Step::Again { reason: why_again(&outcome), after: Duration::ZERO, wrote: false });
            }
            Outcome::Unclear { .. } | Outcome::Found => {
                return Ok(Step::Again { reason: why_again(&outcome), after: Duration::ZERO, wrote: true });
            }
            Outcome::Missing if may_be_there => return self.refused_after(batch, true, self.no_streams()),
            Outcome::Missing => return Err(self.no_streams()),
            Outcome::Refused(refusal) if may_be_there => {
                return self.refused_after(batch, true, self.place.refused(refusal));
            }
            Outcome::Refused(refusal) => return Err(self.place.refused(refusal)),
        };
        let again = |reason| Step::Again { reason, after: Duration::ZERO, wrote: true };
        Ok(match look {
            Ok(Look::All) => Step::Known(Written::Committed),
            Ok(Look::Other) => Step::Known(Written::Conflict),
            Ok(Look::NotAll) if self.is_shorter(batch, &outcome) => Step::Known(Written::Conflict),
            Ok(Look::NotAll) => again(why_again(&outcome)),
            Err(error @ StoreError::Corrupt { .. }) => return Err(error),
            Err(error) => again(error.to_string()),
        })
    }

    /// A refusal says that this request wrote nothing. One before it may have.
    fn refused_after(&self, batch: &Batch, may_be_there: bool, error: StoreError) -> Result<Step> {
        match self.look_at_all(batch) {
            Ok(Look::All) => Ok(Step::Known(Written::Committed)),
            Ok(Look::Other) => Ok(Step::Known(Written::Conflict)),
            Ok(Look::NotAll) | Err(_) if may_be_there => Ok(Step::Known(Written::Unknown(error.to_string()))),
            Ok(Look::NotAll) | Err(_) => Err(error),
        }
    }

    /// Whether the stream ends before the place the batch was made for: then nothing of it can be there.
    fn is_shorter(&self, batch: &Batch, outcome: &Outcome) -> bool {
        let Outcome::OtherVersion { current } = outcome else { return false };
        let says_so = i128::from(*current) + 1 < i128::from(batch.first());
        says_so && self.size().is_ok_and(|size| size.unwrap_or(0) < batch.first())
    }

    /// Servers write what they call too large all the same, and show it a moment later. Who stands between here and a
    /// server does not; nor does a server whose own limit was lowered. It is not sent again either way.
    fn after_too_large(&self, batch: &Batch, may_be_there: bool) -> Result<Step> {
        if matches!(self.look_at_all(batch), Ok(Look::NotAll) | Err(_)) {
            std::thread::sleep(self.timing.after_silence);
        }
        let reason = "服务器答复 413：这次追加太大。请检查中间的代理和服务器的大小限制（至少 8 MiB）";
        self.refused_after(batch, may_be_there, self.place.misconfigured(reason.to_owned()))
    }

    fn out_of_time(&self, batch: &Batch, may_be_there: bool, reason: String) -> Result<Written> {
        if !may_be_there {
            // No request ever reached a server that took it.
            return Err(self.place.unable(reason));
        }
        Ok(match self.look_at_all(batch) {
            Ok(Look::All) => Written::Committed,
            Ok(Look::Other) => Written::Conflict,
            Ok(Look::NotAll) | Err(_) => Written::Unknown(reason),
        })
    }

    /// After an answer that did not come, the server may still be at work on the request.
    fn settling(&self, silence: &Silence) -> Duration {
        match silence {
            Silence::TimedOut { .. } => self.timing.after_silence,
            Silence::NotConnected { .. } | Silence::Broken { .. } => Duration::ZERO,
        }
    }

    fn look_at_last(&self, batch: &Batch) -> Result<Look> {
        let last = batch.next() - 1;
        self.look_at(last, &batch.hashes()[batch.hashes().len() - 1..])
    }

    fn look_at_all(&self, batch: &Batch) -> Result<Look> {
        self.look_at(batch.first(), batch.hashes())
    }

    fn look_at(&self, first: u64, hashes: &[chain::EventHash]) -> Result<Look> {
        let mut found = LineBatch::new(first);
        let stored = self.lines(first, hashes.len(), &mut found)?.unwrap_or_default();
        let differs = stored.iter().zip(hashes).any(|(stored, own)| stored != own);
        Ok(if differs {
            Look::Other
        } else if stored.len() == hashes.len() {
            Look::All
        } else {
            Look::NotAll
        })
    }

    pub fn no_streams(&self) -> StoreError {
        self.place.misconfigured(
            "服务器答复 404：它没有通过 HTTP 提供流（20.6 版起默认关闭，要开启 EnableAtomPubOverHttp）"
                .to_owned(),
        )
    }
}

enum Step {
    Known(Written),
    Again { reason: String, after: Duration, wrote: bool },
}

//! Reading from the leader until an answer can be used, or the time is up.

use std::time::Duration;

use chain::EventHash;
use store::{Damage, LineBatch, Result, StoreError};

use crate::cluster::Cluster;
use crate::lines::read_line;
use crate::place::{Place, why_again};
use crate::timing::{Patience, Timing};
use crate::wire::{Outcome, Page, PageError, Request};

/// So often a shorter stream is looked at again before it is believed.
const LOOKS: u32 = 4;

/// A body that was asked for and does not do.
pub(crate) enum Unusable {
    /// Cut short, or no answer of this protocol: asked for again.
    Again(String),
    /// Asking again would bring the same.
    Stop(StoreError),
}

impl From<PageError> for Unusable {
    fn from(error: PageError) -> Self {
        Self::Again(error.to_string())
    }
}

impl From<StoreError> for Unusable {
    fn from(error: StoreError) -> Self {
        Self::Stop(error)
    }
}

/// One stream, and its servers.
pub(crate) struct Source {
    pub cluster: Cluster,
    pub place: Place,
    pub timing: Timing,
}

impl Source {
    /// Sends a request until it is answered with a body that `parse` takes; `None` where there is no such thing.
    ///
    /// What the server itself may wait, `waiting`, comes on top of the time an answer may take.
    pub fn get<T>(
        &self,
        request: &Request,
        waiting: Duration,
        parse: impl FnMut(&[u8]) -> Result<T, Unusable>,
    ) -> Result<Option<T>> {
        self.get_with(Patience::begin(&self.timing), request, waiting, parse)
    }

    /// As [`get`](Self::get), with a patience of its own.
    pub fn get_with<T>(
        &self,
        mut patience: Patience,
        request: &Request,
        waiting: Duration,
        mut parse: impl FnMut(&[u8]) -> Result<T, Unusable>,
    ) -> Result<Option<T>> {
        loop {
            let (reason, after) = match self.cluster.ask(request, self.timing.answer + waiting) {
                Err(silence) => (silence.to_string(), None),
                Ok(response) => match Outcome::of(&response) {
                    Outcome::Missing => return Ok(None),
                    Outcome::Refused(refusal) => return Err(self.place.refused(&refusal)),
                    Outcome::Found => match parse(&response.body) {
                        Ok(parsed) => return Ok(Some(parsed)),
                        Err(Unusable::Stop(error)) => return Err(error),
                        Err(Unusable::Again(reason)) => (reason, None),
                    },
                    Outcome::NotNow { after } => (why_again(&Outcome::NotNow { after }), after),
                    other @ (Outcome::Committed { .. }
                    | Outcome::Elsewhere { .. }
                    | Outcome::OtherVersion { .. }
                    | Outcome::TooLarge
                    | Outcome::Unclear { .. }) => (why_again(&other), None),
                },
            };
            self.cluster.look_again();
            if !patience.pause(after.unwrap_or_default()) {
                return Err(self.place.unable(reason));
            }
        }
    }

    /// Asks again, a few times, where an answer shows less than was there: a server that no longer leads, and has not
    /// noticed yet, answers so. What it still says after that is true.
    pub fn unless_behind<T>(&self, mut ask: impl FnMut() -> Result<Result<T>>) -> Result<T> {
        for doubled in 0..LOOKS {
            if let Ok(found) = ask()? {
                return Ok(found);
            }
            self.cluster.look_again();
            std::thread::sleep(self.timing.pause * (1 << doubled));
        }
        ask()?
    }

    /// How many events the stream has, committed; `None` where it is not there.
    pub fn size(&self) -> Result<Option<u64>> {
        self.get(&Request::newest(&self.place.stream), Duration::ZERO, |body| {
            let page = Page::parse(body)?;
            let newest = page.entries.last().and_then(|entry| entry.position_event_number);
            // A stream that is there has an event, unless somebody has had its events dropped.
            Ok(newest.ok_or_else(|| self.gap(0, "流存在，却一个事件也读不到".to_owned()))? + 1)
        })
    }

    /// Reads at most `count` events from number `from` on into `batch`, each checked to be the line of its place; gives
    /// their hashes. `None` where there is no stream.
    pub fn lines(&self, from: u64, count: usize, batch: &mut LineBatch) -> Result<Option<Vec<EventHash>>> {
        let request = Request::page(&self.place.stream, from, count, None);
        batch.clear(from);
        self.get(&request, Duration::ZERO, |body| {
            batch.clear(from);
            self.take_page(from, &Page::parse(body)?, batch)
        })
    }

    fn take_page(
        &self,
        from: u64,
        page: &Page<'_>,
        batch: &mut LineBatch,
    ) -> Result<Vec<EventHash>, Unusable> {
        if page.entries.is_empty() && page.has_newer {
            return Err(self.gap(from, "服务器给出空页，却说后面还有：这一段事件已被截除".to_owned()).into());
        }
        let mut hashes = Vec::with_capacity(page.entries.len());
        let mut line = Vec::new();
        for (position, entry) in (from..).zip(&page.entries) {
            if let Some(found) = entry.position_event_number.filter(|found| *found > position) {
                return Err(self.gap(position, format!("下一个事件的编号是 {found}，中间的已被截除")).into());
            }
            line.clear();
            let read = read_line(entry, self.place.stream.as_str(), position, &mut line);
            let hash = read
                .map_err(|reason| self.place.corrupt(position, Damage::StreamForeign, reason.to_string()))?;
            hashes.push(hash);
            batch.push(&line);
        }
        Ok(hashes)
    }

    /// Waits on the server, up to `seconds`, until the stream has an event of number `from`; says nothing of what it is.
    pub fn wait(&self, from: u64, seconds: u64) -> Result<()> {
        let request = Request::page(&self.place.stream, from, 1, Some(seconds));
        // A stream that is not there yet is waited for as well; its end of waiting is 404.
        self.get(&request, Duration::from_secs(seconds), |_| Ok(())).map(drop)
    }

    fn gap(&self, position: u64, reason: String) -> StoreError {
        let rule = "账本的流不能设 $maxAge、$maxCount、$tb，也不能删除";
        self.place.corrupt(position, Damage::StreamGap, format!("{reason}（{rule}）"))
    }
}

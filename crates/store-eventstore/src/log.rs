//! The log on a server: the port's operations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use store::{EventLog, LineBatch, Result, StoreError, check_lines};

use crate::address::Address;
use crate::append::Written;
use crate::cluster::Cluster;
use crate::http::ConnectError;
use crate::lines::Batch;
use crate::opening::{Known, Opened};
use crate::pages::Pages;
use crate::place::Place;
use crate::source::Source;
use crate::timing::Timing;

/// Events on one page; servers answer 500 above 4,096.
const PAGE: usize = 500;
/// Who asks for fewer lines than this gets these alone and not the page they are on.
const FEW_LINES: usize = 64;
/// The longest a server is asked to wait for an event.
const LONGEST_POLL_SECONDS: u64 = 10;
/// How often the stream is looked at where the time left is too short for the server to wait.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Numbers from here on are nobody's: servers' links overflow there.
const BEYOND_ALL: u64 = i64::MAX as u64 - 5_000;

/// Why a stream could not be opened. `Display` is a sentence for the person at the machine.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address, or a file it names, cannot be used.
    #[error("{0}")]
    Connect(#[from] ConnectError),
    /// Server or stream is not fit for a ledger.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// A ledger in a stream of EventStoreDB or KurrentDB: an [`EventLog`] over HTTP.
///
/// Any number of programs may append to one stream: the expected size decides who is first, and the others read and
/// decide again. Everything is read from the server that leads, since every read may decide an append.
///
/// It blocks, as the port does: it must be neither used nor dropped on a thread that runs asynchronous tasks.
pub struct EventStoreLog {
    source: Source,
    pages: Pages,
    opened: Opened,
    /// The most lines that were ever seen here. A stream never has fewer.
    seen: AtomicU64,
    /// The append whose outcome is not known. Held while an append is in flight: there is one at a time.
    open: Mutex<Option<Batch>>,
}

impl EventStoreLog {
    /// Opens a stream: finds its servers, and checks version, settings, first line and size. A stream that is not there
    /// is an empty ledger; the first append makes it.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed.
    pub fn open(address: &Address, known: &Known, timing: Timing) -> std::result::Result<Self, OpenError> {
        let cluster = Cluster::of(address, timing)?;
        let source = Source { cluster, place: Place::of(address), timing };
        let opened = source.open(known)?;
        let seen = AtomicU64::new(opened.lines);
        Ok(Self { source, pages: Pages::default(), opened, seen, open: Mutex::default() })
    }

    /// What was found when the stream was opened.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    fn open_question(&self) -> MutexGuard<'_, Option<Batch>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saw(&self, size: u64) {
        self.seen.fetch_max(size, Ordering::SeqCst);
    }

    /// Sends a batch, and keeps it where nobody knows what became of it.
    fn write(&self, open: &mut Option<Batch>, batch: Batch) -> Result<Written> {
        // A crash in here leaves all of the lines or none; whoever opens the stream next sees which.
        let written = self.source.write(&batch)?;
        match &written {
            Written::Committed => self.saw(batch.next()),
            Written::Conflict => {}
            Written::Unknown(_) => *open = Some(batch),
        }
        Ok(written)
    }

    /// The page that a line is on; `None` where there is no such line.
    fn page_of(&self, position: u64) -> Result<Arc<LineBatch>> {
        let first = position - position % PAGE as u64;
        let mut page = LineBatch::new(first);
        self.read_lines(first, PAGE, &mut page)?;
        let page = Arc::new(page);
        if page.len() == PAGE {
            self.pages.keep(Arc::clone(&page));
        }
        Ok(page)
    }

    fn read_lines(&self, from: u64, count: usize, batch: &mut LineBatch) -> Result<()> {
        let seen = self.seen.load(Ordering::SeqCst);
        self.source.unless_behind(|| {
            let is_there = self.source.lines(from, count, batch)?.is_some();
            let reached = if is_there || seen == 0 { batch.next() } else { 0 };
            let is_short = reached < seen && batch.len() < count;
            Ok(if is_short { Err(self.source.shrunk(seen, reached)) } else { Ok(()) })
        })?;
        if !batch.is_empty() {
            self.saw(batch.next());
        }
        Ok(())
    }
}

impl EventLog for EventStoreLog {
    fn append(&self, expected_size: u64, lines: &[&[u8]]) -> Result<u64> {
        check_lines(lines)?;
        let mut open = self.open_question();
        if open.is_some() {
            return Err(StoreError::Unsettled);
        }
        let is_late = self.seen.load(Ordering::SeqCst) > expected_size;
        if lines.is_empty() || is_late || expected_size >= BEYOND_ALL {
            // Nothing is sent: there is nothing to write, or it is known to be too late.
            return StoreError::expect_size(expected_size, self.size()?).map(|()| expected_size);
        }
        let batch = match Batch::of(expected_size, lines) {
            Ok(batch) => batch,
            // Lines made for another place are late or early, which is said first.
            Err(unfit) => {
                return Err(StoreError::expect_size(expected_size, self.size()?).err().unwrap_or(unfit));
            }
        };
        let next = batch.next();
        match self.write(&mut open, batch)? {
            Written::Committed => Ok(next),
            Written::Conflict => Err(StoreError::Conflict { expected: expected_size, actual: self.size()? }),
            Written::Unknown(reason) => Err(Place::unknown(expected_size, reason)),
        }
    }

    fn read_into(&self, from: u64, max_lines: usize, batch: &mut LineBatch) -> Result<()> {
        batch.clear(from);
        if max_lines == 0 || from >= BEYOND_ALL {
            return Ok(());
        }
        let page = match self.pages.with(from) {
            Some(page) => page,
            None if max_lines < FEW_LINES => return self.read_lines(from, max_lines, batch),
            None => self.page_of(from)?,
        };
        if from < page.next() {
            batch.copy_from(&page, from, max_lines);
        }
        Ok(())
    }

    fn size(&self) -> Result<u64> {
        let seen = self.seen.load(Ordering::SeqCst);
        let size = self.source.unless_behind(|| {
            let size = self.source.size()?.unwrap_or(0);
            Ok(if size < seen { Err(self.source.shrunk(seen, size)) } else { Ok(size) })
        })?;
        self.saw(size);
        Ok(size)
    }

    fn wait(&self, beyond: u64, timeout: Duration) -> Result<u64> {
        // What was seen is there still: asking again would bring a newer number, and no other answer.
        let seen = self.seen.load(Ordering::SeqCst);
        if seen > beyond {
            return Ok(seen);
        }
        let began = Instant::now();
        loop {
            let size = self.size()?;
            let left = timeout.saturating_sub(began.elapsed());
            if size > beyond || left.is_zero() {
                return Ok(size);
            }
            // The server waits in whole seconds, and answers as soon as there is something.
            match left.as_secs().min(LONGEST_POLL_SECONDS) {
                0 => std::thread::sleep(left.min(LOOK_EVERY)),
                seconds if beyond < BEYOND_ALL => self.source.wait(beyond, seconds)?,
                seconds => std::thread::sleep(Duration::from_secs(seconds)),
            }
        }
    }

    fn settle(&self) -> Result<u64> {
        let mut open = self.open_question();
        // Sent once more: only a line in its place, ours or another's, says that no earlier request will still come to
        // be written there. Taken out only when it is known.
        if let Some(batch) = open.clone() {
            match self.source.write(&batch)? {
                Written::Unknown(reason) => return Err(self.source.place.unable(reason)),
                Written::Committed => self.saw(batch.next()),
                Written::Conflict => {}
            }
            *open = None;
        }
        drop(open);
        self.size()
    }
}

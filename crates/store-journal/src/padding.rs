//! The LF bytes that are written ahead of the lines: a flush into blocks written before is much cheaper than one that
//! lets a file grow.
//!
//! Padding is only for speed. Whatever becomes of it, lost, half written or never written, an append goes on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use store::Result;
use store::disk::DiskFile;

/// Bytes that are filled at a time: how long an append may have to wait that finds too little room.
const STEP_BYTES: u64 = 256 << 10;

/// How far the active segment is filled. An append that stays within takes no lock.
#[derive(Debug)]
pub(crate) struct Padding<F> {
    /// How many bytes are kept ahead of the lines, and up to where in the file.
    ahead: u64,
    limit: u64,
    /// Where the lines end.
    tail: AtomicU64,
    /// The file's length as far as it is known to be lines and LF; changes only under the lock.
    filled: AtomicU64,
    /// The filler's own handle: a failed flush is told once to each handle, and the writer must hear its own.
    file: Mutex<Option<F>>,
}

impl<F: DiskFile> Padding<F> {
    pub(crate) fn new(ahead: u64, limit: u64) -> Self {
        Self { ahead, limit, tail: AtomicU64::new(0), filled: AtomicU64::new(0), file: Mutex::new(None) }
    }

    /// Keeps the filler out of the file.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<F>> {
        self.file.lock().expect("the filler has not panicked")
    }

    pub(crate) fn filled(&self) -> u64 {
        self.filled.load(Ordering::Acquire)
    }

    /// States how long the file is; only under the lock.
    pub(crate) fn set_filled(&self, filled: u64) {
        self.filled.store(filled, Ordering::Release);
    }

    /// Starts on another file: lines up to `tail`, then LF up to `filled`.
    pub(crate) fn start(&self, file: F, tail: u64, filled: u64) {
        let mut guard = self.lock();
        self.set_tail(tail);
        self.set_filled(filled);
        *guard = Some(file);
    }

    /// States where the lines end now.
    pub(crate) fn set_tail(&self, tail: u64) {
        self.tail.store(tail, Ordering::Release);
    }

    /// Where the filler would stop.
    fn goal(&self) -> u64 {
        self.limit.min(self.tail.load(Ordering::Acquire) + self.ahead)
    }

    /// Whether half of what is kept ahead is used up.
    pub(crate) fn is_short(&self) -> bool {
        self.filled() + self.ahead / 2 < self.goal()
    }

    /// Writes one step of padding, durably; says whether more is wanted.
    ///
    /// A crash here leaves LF, zeros or nothing behind the lines: recovery finds no line in it.
    fn fill_step(&self) -> bool {
        let mut guard = self.lock();
        let Some(file) = guard.as_ref() else { return false };
        let filled = self.filled();
        let step = self.goal().saturating_sub(filled).min(STEP_BYTES);
        if step == 0 {
            return false;
        }
        let line_feeds = vec![b'\n'; usize::try_from(step).expect("a step is small")];
        match file.write_at(&line_feeds, filled).and_then(|()| file.sync_data()) {
            Ok(()) => self.set_filled(filled + step),
            // The disk may be full: this segment goes without, and the append that needs more says what is wrong.
            Err(_) => *guard = None,
        }
        true
    }

    /// Fills up to the goal.
    pub(crate) fn fill(&self) {
        while self.fill_step() {}
    }
}

/// The thread that fills.
#[derive(Debug)]
pub(crate) struct Filler {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Filler {
    /// Starts the thread.
    pub(crate) fn start<F: DiskFile>(padding: Arc<Padding<F>>) -> Result<Self> {
        let (wake, woken): (_, Receiver<()>) = sync_channel(1);
        let work = move || woken.iter().for_each(|()| padding.fill());
        let thread = std::thread::Builder::new().name("journal-padding".to_owned()).spawn(work);
        let thread =
            thread.map_err(|cause| store::StoreError::io("启动填充线程", "journal".as_ref(), cause))?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Wakes the thread, unless it is to wake already.
    pub(crate) fn wake(&self) {
        if let Some(wake) = &self.wake {
            // Full: a wake-up is waiting. Disconnected: the thread has panicked, and `drop` says so.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the filler has panicked");
        }
    }
}

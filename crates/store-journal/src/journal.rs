//! The journal: opening, and the port's operations.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use store::disk::{Access, Disk, DiskFile as _, RealDisk};
use store::{EventLog, LineBatch, Result, StoreError, check_lines};

use crate::active::Active;
use crate::compress::{Compressed, compress};
use crate::names::{self, Listing};
use crate::opened::Opened;
use crate::options::{Durability, Filling, JournalOptions};
use crate::padding::{Filler, Padding};
use crate::reader::Reader;
use crate::survey::{Site, Survey, above, not_found};
use crate::view::View;

/// How often a reader looks for new lines while it waits.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How often a reader starts anew because a file it was about to read has been compressed meanwhile.
const SURVEYS: u32 = 5;

/// A ledger on this machine's disk: an [`EventLog`] over JSON Lines segments.
///
/// One process writes, holding the lock; any number read beside it.
pub struct Journal<D: Disk = RealDisk> {
    disk: D,
    ledger: PathBuf,
    folder: PathBuf,
    view: View<D>,
    opened: Opened,
    role: Role<D>,
}

enum Role<D: Disk> {
    Writer(Box<Writer<D>>),
    Reader(Mutex<Reader<D>>),
}

struct Writer<D: Disk> {
    /// Dropped first: the thread must have ended before the lock goes.
    filler: Option<Filler>,
    padding: Arc<Padding<D::File>>,
    active: Mutex<Active<D>>,
    /// Held while segments are compressed, which appends do not wait for.
    compressing: Mutex<()>,
    _lock: D::Lock,
}

impl Journal {
    /// Opens a ledger for writing: makes `dir` and `dir/journal` if they are not there, takes the exclusive lock
    /// `dir/lock`, and cuts off an append that was never acknowledged. [`opened`](Self::opened) says what was found.
    ///
    /// # Errors
    /// [`StoreError::Locked`]: another process writes. [`StoreError::Corrupt`]: damage, by position and reason; nothing
    /// was changed. [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Io`].
    pub fn open(dir: &Path, options: JournalOptions) -> Result<Self> {
        Self::open_on(RealDisk, dir, options)
    }

    /// Opens a ledger for reading: no lock, no write, beside a running writer too.
    ///
    /// New lines show when [`size`](EventLog::size), [`wait`](EventLog::wait) or a read at the end is called again.
    /// They may show a moment before they are durable: only the writer knows when they are.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Corrupt`], [`StoreError::ReadOnly`] where even reading is not allowed,
    /// [`StoreError::Io`].
    pub fn open_read_only(dir: &Path) -> Result<Self> {
        Self::open_read_only_on(RealDisk, dir)
    }
}

impl<D: Disk> Journal<D> {
    /// As [`open`](Journal::open), on another disk.
    ///
    /// # Errors
    /// As [`open`](Journal::open).
    pub fn open_on(disk: D, dir: &Path, options: JournalOptions) -> Result<Self> {
        let folder = dir.join("journal");
        let lock = lock(&disk, dir)?;
        let site = Site { disk: &disk, ledger: dir, folder: &folder, access: Access::Write };
        make_folder(&site)?;
        let survey = site.survey(options.signed_size)?;
        refuse_unsafe_durability(dir, &options, survey.opened.lines)?;
        let active = Active::recover(&disk, &folder, &survey, &options)?;
        let padding = Arc::clone(active.padding());
        let filler = match options.filling {
            Filling::Background => Some(Filler::start(Arc::clone(&padding))?),
            Filling::Inline => None,
        };
        let (active, compressing) = (Mutex::new(active), Mutex::new(()));
        let role = Role::Writer(Box::new(Writer { filler, padding, active, compressing, _lock: lock }));
        let Survey { segments, opened, .. } = survey;
        let ledger = dir.to_path_buf();
        let journal = Self { disk, ledger, folder, view: View::new(segments), opened, role };
        journal.writer()?.pad();
        Ok(journal)
    }

    /// As [`open_read_only`](Journal::open_read_only), on another disk.
    ///
    /// # Errors
    /// As [`open_read_only`](Journal::open_read_only).
    pub fn open_read_only_on(disk: D, dir: &Path) -> Result<Self> {
        let folder = dir.join("journal");
        let site = Site { disk: &disk, ledger: dir, folder: &folder, access: Access::Read };
        let mut surveys = 1..;
        let survey = loop {
            match site.survey(0) {
                Err(StoreError::Io { cause, path, .. })
                    if cause.kind() == std::io::ErrorKind::NotFound
                        && path != folder
                        && surveys.next() < Some(SURVEYS) => {}
                other => break other.map_err(|error| not_found(dir, error))?,
            }
        };
        let role = Role::Reader(Mutex::new(Reader::after(&survey)));
        let Survey { segments, opened, .. } = survey;
        Ok(Self { disk, ledger: dir.to_path_buf(), folder, view: View::new(segments), opened, role })
    }

    /// What was found when the journal was opened.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Compresses all sealed segments that are not compressed yet. Appends and reads go on meanwhile.
    ///
    /// `progress` is told the bytes done and the bytes in all, frame by frame.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`]; [`StoreError::Full`] and [`StoreError::Io`]: the segment concerned stays as it was, or
    /// is there in both forms. [`StoreError::Corrupt`]: a segment does not read back as it was written.
    pub fn compress(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Compressed> {
        let writer = self.writer()?;
        let _one_at_a_time = writer.compressing.lock().expect("no compressing has panicked");
        let segments = self.view.plain();
        let total = segments.iter().map(|(_, _, bytes)| bytes).sum();
        let (mut result, mut done) = (Compressed::default(), 0);
        for (first, lines, bytes) in segments {
            let mut step = |bytes| {
                done += bytes;
                progress(done, total);
            };
            let packed = compress((&self.disk, &self.folder), &self.view, (first, lines), &mut step)?;
            result.segments += 1;
            result.lines += lines;
            result.plain_bytes += bytes;
            result.packed_bytes += packed;
        }
        Ok(result)
    }

    /// Makes everything durable that was appended under [`Durability::AtFinish`]; without that, there is nothing to do.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`]; [`StoreError::Full`], [`StoreError::Io`]: nothing is promised of this ledger.
    pub fn finish(&self) -> Result<()> {
        self.writer()?.lock().finish()
    }

    fn writer(&self) -> Result<&Writer<D>> {
        match &self.role {
            Role::Writer(writer) => Ok(writer),
            Role::Reader(_) => {
                let reason = "以只读方式打开".to_owned();
                Err(StoreError::ReadOnly { path: self.ledger.clone(), reason })
            }
        }
    }

    /// The size, after looking for what another process has added.
    fn look(&self) -> Result<u64> {
        match &self.role {
            Role::Writer(_) => Ok(self.view.size()),
            Role::Reader(reader) => {
                let mut reader = reader.lock().expect("no reader has panicked");
                reader.refresh(&self.disk, &self.folder, &self.view)
            }
        }
    }
}

impl<D: Disk> Writer<D> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Active<D>> {
        self.active.lock().expect("no append has panicked")
    }

    /// Sees to it that there is padding.
    fn pad(&self) {
        if self.padding.is_short() {
            match &self.filler {
                Some(filler) => filler.wake(),
                None => self.padding.fill(),
            }
        }
    }
}

impl<D: Disk> EventLog for Journal<D> {
    fn append(&self, expected_size: u64, lines: &[&[u8]]) -> Result<u64> {
        check_lines(lines)?;
        let writer = self.writer()?;
        let size = writer.lock().append(expected_size, lines, &self.view)?;
        writer.pad();
        Ok(size)
    }

    fn read_into(&self, from: u64, max_lines: usize, batch: &mut LineBatch) -> Result<()> {
        if from >= self.view.size() {
            self.look()?;
        }
        self.view.read_into((&self.disk, &self.folder), from, max_lines, batch)
    }

    fn size(&self) -> Result<u64> {
        self.look()
    }

    fn wait(&self, beyond: u64, timeout: Duration) -> Result<u64> {
        if let Role::Writer(_) = self.role {
            return Ok(self.view.wait(beyond, timeout));
        }
        let began = Instant::now();
        loop {
            let size = self.look()?;
            let left = timeout.saturating_sub(began.elapsed());
            if size > beyond || left.is_zero() {
                return Ok(size);
            }
            std::thread::sleep(left.min(LOOK_EVERY));
        }
    }

    fn settle(&self) -> Result<u64> {
        match &self.role {
            Role::Writer(writer) => writer.lock().settle(),
            Role::Reader(_) => self.look(),
        }
    }
}

/// Makes the ledger's folder and takes the lock in it.
fn lock<D: Disk>(disk: &D, dir: &Path) -> Result<D::Lock> {
    disk.create_dir(dir).map_err(|cause| StoreError::io("建立台账目录", dir, cause))?;
    let path = dir.join("lock");
    let lock = disk.try_lock(&path).map_err(|cause| StoreError::io("锁定台账", &path, cause))?;
    lock.ok_or(StoreError::Locked { path })
}

/// Makes the folder `journal` and the first segment, unless there is one.
///
/// Folders are durable before the first segment has a name in them, and that name before a line is acknowledged. A
/// crash in between leaves empty folders, or an empty first segment.
fn make_folder<D: Disk>(site: &Site<'_, D>) -> Result<()> {
    let Site { disk, ledger, folder, .. } = *site;
    let failed = |cause| StoreError::io("建立台账目录", folder, cause);
    disk.create_dir(folder).map_err(failed)?;
    let listing = Listing::of(disk.list(folder).map_err(failed)?);
    // Where a signed head counts lines, a folder without any is a loss, and no new ledger.
    if !listing.segments.is_empty() || site.signed_size()? > 0 {
        return Ok(());
    }
    disk.sync_dir(above(ledger)).and_then(|()| disk.sync_dir(ledger)).map_err(failed)?;
    let path = folder.join(names::plain(0));
    let made = disk.create(&path).and_then(|file| file.sync_all()).and_then(|()| disk.sync_dir(folder));
    made.map_err(|cause| StoreError::io("建立段文件", &path, cause))
}

fn refuse_unsafe_durability(dir: &Path, options: &JournalOptions, lines: u64) -> Result<()> {
    if options.durability == Durability::EachAppend || lines == 0 {
        return Ok(());
    }
    let reason = format!("台账已有 {lines} 行，而“最后一次性落盘”只可用于新建的台账");
    Err(StoreError::ReadOnly { path: dir.to_path_buf(), reason })
}

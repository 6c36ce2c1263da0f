//! Saved states: a projection's memory on disk, so that a start need not read the whole ledger.
//!
//! A saved state is a cache. It goes to disk in one step, state and checkpoint together, and whatever does not fit
//! (another revision, a torn file, bytes that differ) is thrown away and said.

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use chain::EventHash;
use store::StoreError;
use store::disk::{Disk, RealDisk};

use crate::files;
use crate::fold::Projection;

/// The first bytes of every saved state.
const MAGIC: &[u8; 16] = b"pl-saved-state-1";
/// Magic, name's hash, revision, size, head hash, the body's length and hash.
const HEADER_BYTES: usize = 16 + 32 + 4 + 8 + 32 + 8 + 32;

/// A folder with the saved state of each projection.
#[derive(Clone, Debug)]
pub struct SavedStates<D: Disk = RealDisk> {
    disk: D,
    folder: PathBuf,
}

/// What was found where a saved state might be.
#[derive(Debug)]
pub enum Latest<P> {
    /// A state that is whole and of this revision. Whether it is of this log, loading finds out.
    State(Box<P>),
    /// None was saved.
    Nothing,
    /// Something that does not fit; it was thrown away, and loading starts from zero.
    Unfit(Unfit),
}

impl<P> Latest<P> {
    /// The state, if there is one.
    #[must_use]
    pub fn into_state(self) -> Option<P> {
        match self {
            Self::State(state) => Some(*state),
            Self::Nothing | Self::Unfit(_) => None,
        }
    }
}

/// A saved state that was thrown away. `Display` is a sentence for the person at the machine.
#[derive(Debug, thiserror::Error)]
#[error("保存状态 {} 不能用（{reason}），已弃用，将从账本第 0 行重算。账本不受影响。", path.display())]
pub struct Unfit {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// The reason where nothing is damaged.
const OTHER_VERSION: &str = "由程序的另一个版本写成";

impl Unfit {
    /// Whether it is merely of another version of the program; anything else is damage.
    #[must_use]
    pub fn is_of_another_version(&self) -> bool {
        self.reason == OTHER_VERSION
    }
}

impl SavedStates {
    /// Saved states in a folder of this machine; the folder is made when something is saved.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::on(RealDisk, folder)
    }
}

impl<D: Disk> SavedStates<D> {
    /// Saved states in a folder of `disk`.
    #[must_use]
    pub fn on(disk: D, folder: impl Into<PathBuf>) -> Self {
        Self { disk, folder: folder.into() }
    }

    /// Saves a state in place of the one before.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Io`]: the state before is still there.
    pub fn save<P: Projection>(&self, state: &P) -> Result<(), StoreError> {
        let path = self.path::<P>();
        let bytes = encode(state);
        self.replace(&path, &bytes).map_err(|cause| StoreError::io("保存投影状态", &path, cause))
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.disk.create_dir(&self.folder)?;
        // Before anything is in it: a state in a folder that a power cut takes away was not saved.
        self.disk.sync_dir(files::folder_of(&self.folder))?;
        files::replace(&self.disk, path, bytes)
    }

    /// Reads the state that was saved last; one that does not fit is thrown away.
    #[must_use]
    pub fn latest<P: Projection>(&self) -> Latest<P> {
        let latest = self.inspect();
        if let Latest::Unfit(unfit) = &latest {
            // Should it stay, the next start finds it again and throws it away again.
            drop(self.disk.remove(&unfit.path));
        }
        latest
    }

    /// Reads the state that was saved last, and leaves it where it is whatever it is.
    #[must_use]
    pub fn inspect<P: Projection>(&self) -> Latest<P> {
        let path = self.path::<P>();
        let bytes = match files::read(&self.disk, &path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Latest::Nothing,
            Err(error) => return Latest::Unfit(Unfit { path, reason: format!("读取失败：{error}") }),
        };
        match decode(&bytes) {
            Ok(state) => Latest::State(Box::new(state)),
            Err(reason) => Latest::Unfit(Unfit { path, reason }),
        }
    }

    fn path<P: Projection>(&self) -> PathBuf {
        self.folder.join(format!("{}.state", P::NAME))
    }
}

fn encode<P: Projection>(state: &P) -> Vec<u8> {
    let bytes = postcard::to_extend(state, vec![0; HEADER_BYTES]);
    let mut bytes = bytes.expect("a projection is plain data");
    let (header, body) = bytes.split_at_mut(HEADER_BYTES);
    header.copy_from_slice(&Header::of(state, body).to_bytes());
    bytes
}

fn decode<P: Projection>(bytes: &[u8]) -> Result<P, String> {
    let (header, body) = bytes.split_at_checked(HEADER_BYTES).ok_or("文件不完整")?;
    if &header[..16] != MAGIC {
        return Err("不是保存状态文件".to_owned());
    }
    let start = Header::<P>::start();
    if header[..start.len()] != start {
        return Err(OTHER_VERSION.to_owned());
    }
    let sum = *chain::hash::content_hash(body).0.as_slice().first_chunk::<32>().expect("32 bytes");
    if header[HEADER_BYTES - 40..HEADER_BYTES - 32] != (body.len() as u64).to_le_bytes()
        || header[HEADER_BYTES - 32..] != sum
    {
        return Err("文件损坏，校验值不符".to_owned());
    }
    let state: P = postcard::from_bytes(body).map_err(|error| format!("内容无法读取：{error}"))?;
    if header != Header::of(&state, body).to_bytes() {
        return Err("内容与文件头不符".to_owned());
    }
    Ok(state)
}

/// What stands before the body.
struct Header<P> {
    size: u64,
    head: EventHash,
    body_length: u64,
    body_hash: [u8; 32],
    projection: PhantomData<P>,
}

impl<P: Projection> Header<P> {
    fn of(state: &P, body: &[u8]) -> Self {
        Self {
            size: state.head().size,
            head: state.head().hash,
            body_length: body.len() as u64,
            body_hash: chain::hash::content_hash(body).0,
            projection: PhantomData,
        }
    }

    /// What is the same for every state of this projection and revision.
    fn start() -> Vec<u8> {
        let name = chain::hash::content_hash(P::NAME.as_bytes()).0;
        [&MAGIC[..], &name, &P::REVISION.to_le_bytes()].concat()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let numbers = (self.size.to_le_bytes(), self.body_length.to_le_bytes());
        [&Self::start()[..], &numbers.0, &self.head.0, &numbers.1, &self.body_hash].concat()
    }
}

//! Where hash tiles and entry bundles lie, and what bundles hold (C2SP tlog-tiles).

/// How many hashes or entries a full tile has.
pub const WIDTH: u64 = 256;
/// The highest level of hash tiles.
pub const MAX_LEVEL: u8 = 63;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Hashes; level 0 are leaf hashes.
    Hashes(u8),
    /// The lines themselves.
    Entries,
}

/// A tile's place: level, index, and how many of its 256 places are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub level: Level,
    /// 0-based, from the left.
    pub index: u64,
    /// 1 to 256; 256 is a full tile.
    pub width: u16,
}

impl Tile {
    /// The path below the ledger's folder.
    #[must_use]
    pub fn path(&self) -> String {
        let level = match self.level {
            Level::Hashes(level) => level.to_string(),
            Level::Entries => "entries".to_owned(),
        };
        let partial =
            if u64::from(self.width) == WIDTH { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{level}/{}{partial}", index_path(self.index))
    }

    /// Reads a path; `None` where it is no tile's, or spelled otherwise than [`Tile::path`] spells it.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level = match level {
            "entries" => Level::Entries,
            digits => Level::Hashes(digits.parse().ok().filter(|level| *level <= MAX_LEVEL)?),
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok()?),
            None => (rest, 256),
        };
        let index = index.split('/').try_fold(0_u64, |sum, part| {
            let digits = part.strip_prefix('x').unwrap_or(part);
            sum.checked_mul(1000)?.checked_add(digits.parse().ok().filter(|part: &u64| *part < 1000)?)
        })?;
        let tile = Self { level, index, width };
        ((1..=256).contains(&width) && tile.path() == path).then_some(tile)
    }

    /// The first line the tile speaks of; `None` beyond 2^64.
    #[must_use]
    pub fn first_line(&self) -> Option<u64> {
        let per_hash = self.lines_per_place()?;
        self.index.checked_mul(WIDTH)?.checked_mul(per_hash)
    }

    /// How many lines a ledger must have for the tile to be right; `None` beyond 2^64.
    #[must_use]
    pub fn needs_lines(&self) -> Option<u64> {
        let per_hash = self.lines_per_place()?;
        self.first_line()?.checked_add(u64::from(self.width).checked_mul(per_hash)?)
    }

    /// How many lines one place of the tile covers.
    fn lines_per_place(&self) -> Option<u64> {
        match self.level {
            Level::Hashes(level) => WIDTH.checked_pow(u32::from(level)),
            Level::Entries => Some(1),
        }
    }
}

fn index_path(index: u64) -> String {
    let last = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    let mut path = last;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

/// How many full tiles a level of a tree has, and the width of its partial tile (0: none).
#[must_use]
pub fn tiles_of_level(size: u64, level: u8) -> (u64, u16) {
    let places = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let partial = u16::try_from(places % WIDTH).expect("below 256");
    (places / WIDTH, partial)
}

/// Adds one entry to a bundle: its length as two bytes, big-endian, and its bytes.
///
/// # Panics
/// When the entry is longer than 65,535 bytes; no line is.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) {
    let length = u16::try_from(entry.len()).expect("a line has at most 60,000 bytes");
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
}

/// Reads the entries of a bundle; `None` where a length does not fit.
#[must_use]
pub fn entries(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bundle = rest;
    }
    Some(entries)
}

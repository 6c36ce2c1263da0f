//! One file of many: ustar without times, owners or rights, so that the same files give the same bytes.

use std::fs::File;
use std::io::{BufReader, BufWriter, Cursor, Read, Write};
use std::path::Path;

use super::{MANIFEST, is_name, list};
use crate::AuditError;

/// The longest name that a plain ustar header holds.
pub(super) const MAX_NAME: usize = 99;
const BLOCK: usize = 512;
/// Quick to make, and lines still shrink to a tenth.
const LEVEL: i32 = 9;
/// The longest member: what the eleven octal digits of a header say.
const MAX_MEMBER: u64 = (1 << 33) - 1;
/// How a zstd frame begins.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What a file that ends too early is.
const CUT: &str = "文件不完整，可能被截断";

/// The header of a member; the only one that [`unpack`] accepts for its name and size.
fn header(name: &str, size: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

const fn padding(size: u64) -> u64 {
    (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64
}

/// Packs all files below a folder, the manifest last.
pub(super) fn pack(folder: &Path, file: &Path) -> Result<(), AuditError> {
    let out = File::create(file).map_err(AuditError::reading(file))?;
    let mut out = BufWriter::new(out);
    let compressed = file.extension().is_some_and(|extension| extension == "zst");
    let written = if compressed {
        let encoder = zstd::Encoder::new(&mut out, LEVEL).and_then(|mut encoder| {
            encoder.include_checksum(true)?;
            Ok(encoder)
        });
        let mut encoder = encoder.map_err(AuditError::reading(file))?;
        members(folder, &mut encoder)?;
        encoder.finish().map(|_| ())
    } else {
        members(folder, &mut out)?;
        Ok(())
    };
    // A crash before this leaves a part of a file, and no part of a bundle passes.
    let synced = written.and_then(|()| out.flush()).and_then(|()| out.get_ref().sync_all());
    synced.map_err(AuditError::reading(file))
}

fn members(folder: &Path, out: &mut impl Write) -> Result<(), AuditError> {
    let mut names = list(folder)?;
    names.retain(|name| name != MANIFEST);
    names.push(MANIFEST.to_owned());
    for name in names {
        let path = folder.join(&name);
        let write = |out: &mut dyn Write| -> std::io::Result<()> {
            let file = File::open(&path)?;
            let size = file.metadata()?.len();
            if size > MAX_MEMBER {
                return Err(std::io::Error::other("the file is too long for a member"));
            }
            out.write_all(&header(&name, size))?;
            let copied = std::io::copy(&mut (&file).take(size), out)?;
            if copied != size {
                return Err(std::io::Error::other("the file shrank while it was read"));
            }
            std::io::copy(&mut std::io::repeat(0).take(padding(size)), out).map(|_| ())
        };
        write(out).map_err(AuditError::reading(&path))?;
    }
    out.write_all(&[0; 2 * BLOCK]).map_err(AuditError::reading(folder))
}

/// A file's bytes, unpacked if it is compressed.
fn open(file: &Path) -> Result<Box<dyn Read + Send>, AuditError> {
    let open = || File::open(file).map_err(AuditError::reading(file));
    let mut magic = [0; 4];
    let compressed = open()?.read_exact(&mut magic).is_ok() && magic == MAGIC;
    Ok(if compressed {
        Box::new(zstd::Decoder::new(open()?).map_err(AuditError::reading(file))?)
    } else {
        Box::new(BufReader::new(open()?))
    })
}

/// The members of a file, one after another; every error is what is wrong with the file, in Chinese.
pub(super) struct Members {
    input: Box<dyn Read + Send>,
    last: String,
}

impl Members {
    pub(super) fn of(file: &Path) -> Result<Self, AuditError> {
        Ok(Self { input: open(file)?, last: String::new() })
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, String> {
        let bytes = Cursor::new(bytes.to_vec());
        let input: Box<dyn Read + Send> = if bytes.get_ref().starts_with(&MAGIC) {
            Box::new(zstd::Decoder::new(bytes).map_err(|_| CUT)?)
        } else {
            Box::new(bytes)
        };
        Ok(Self { input, last: String::new() })
    }

    /// The next member's name and size, whose bytes are to be read before the one after it; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<(String, u64)>, String> {
        let mut block = [0; BLOCK];
        self.input.read_exact(&mut block).map_err(|_| CUT)?;
        if block == [0; BLOCK] {
            return self.end().map(|()| None);
        }
        let (name, size) = member(&block).ok_or("不是本程序的打包格式")?;
        // In order, the manifest last: so no name comes twice.
        if self.last == MANIFEST || (name != MANIFEST && name <= self.last) {
            return Err(format!("打包文件里“{name}”的次序不对"));
        }
        self.last.clone_from(&name);
        Ok(Some((name, size)))
    }

    fn end(&mut self) -> Result<(), String> {
        let mut rest = Vec::new();
        let read = self.input.by_ref().take(2 * BLOCK as u64).read_to_end(&mut rest);
        let ended = read.is_ok() && rest == [0; BLOCK];
        if ended { Ok(()) } else { Err("文件的结尾不对，可能被截断或续写".to_owned()) }
    }

    /// Reads the member's bytes behind those in `bytes`.
    pub(super) fn read(&mut self, size: u64, bytes: &mut Vec<u8>) -> Result<(), String> {
        let before = bytes.len();
        // At once: growing would copy what is there and clear new pages, time and again. What a header only claims costs no
        // memory as long as nothing is written there.
        let room = usize::try_from(size).ok().filter(|size| bytes.try_reserve_exact(*size).is_ok());
        room.ok_or_else(|| format!("“{}”自称有 {size} 字节，内存放不下", self.last))?;
        // A compressed stream that is cut or damaged is an error of reading, and means the same as an early end.
        let read = self.input.by_ref().take(size).read_to_end(bytes);
        let whole = read.is_ok() && (bytes.len() - before) as u64 == size;
        if whole && self.padded(size) { Ok(()) } else { Err(self.cut()) }
    }

    fn skip(&mut self, size: u64) -> Result<(), String> {
        let skipped = std::io::copy(&mut self.input.by_ref().take(size), &mut std::io::sink());
        if skipped.is_ok_and(|skipped| skipped == size) && self.padded(size) {
            Ok(())
        } else {
            Err(self.cut())
        }
    }

    /// Writes the member's bytes into a new file.
    fn copy(&mut self, path: &Path, size: u64) -> Result<Result<(), String>, AuditError> {
        let above = path.parent().expect("below the folder");
        std::fs::create_dir_all(above).map_err(AuditError::reading(above))?;
        let mut out = File::create(path).map_err(AuditError::reading(path))?;
        let copied = std::io::copy(&mut self.input.by_ref().take(size), &mut out).unwrap_or(0);
        Ok(if copied == size && self.padded(size) { Ok(()) } else { Err(self.cut()) })
    }

    fn padded(&mut self, size: u64) -> bool {
        let mut rest = Vec::new();
        let read = self.input.by_ref().take(padding(size)).read_to_end(&mut rest);
        read.is_ok() && rest.len() as u64 == padding(size) && rest.iter().all(|byte| *byte == 0)
    }

    fn cut(&self) -> String {
        format!("文件不完整，在“{}”处被截断", self.last)
    }
}

/// Unpacks a file, compressed or not.
pub(super) fn unpack(file: &Path, folder: &Path) -> Result<Result<(), String>, AuditError> {
    let mut members = Members::of(file)?;
    loop {
        let (name, size) = match members.next() {
            Ok(Some(member)) => member,
            Ok(None) => return Ok(Ok(())),
            Err(reason) => return Ok(Err(reason)),
        };
        if let Err(reason) = members.copy(&folder.join(&name), size)? {
            return Ok(Err(reason));
        }
    }
}

/// Reads a file in memory to its end; gives its manifest. No other member is kept.
pub(super) fn manifest(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut members = Members::of_bytes(bytes)?;
    let mut manifest = Vec::new();
    while let Some((name, size)) = members.next()? {
        match name.as_str() {
            MANIFEST => members.read(size, &mut manifest)?,
            _ => members.skip(size)?,
        }
    }
    if manifest.is_empty() { Err("没有清单，可能被截断".to_owned()) } else { Ok(manifest) }
}

/// Name and size of a member; none where the header is not exactly ours.
fn member(block: &[u8; BLOCK]) -> Option<(String, u64)> {
    let end = block.iter().position(|byte| *byte == 0)?;
    let name = std::str::from_utf8(&block[..end]).ok().filter(|name| is_name(name))?;
    let size = u64::from_str_radix(std::str::from_utf8(&block[124..135]).ok()?, 8).ok()?;
    (header(name, size) == *block).then(|| (name.to_owned(), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_longest_member_is_not_packed() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("checkpoint")).unwrap();
        // Sparse: it takes no room on the disk, and is not read.
        file.set_len(MAX_MEMBER + 1).unwrap();
        let packed = tempfile::NamedTempFile::new().unwrap();
        assert!(pack(folder.path(), packed.path()).is_err());
    }

    #[test]
    fn a_member_that_claims_more_than_there_is_is_refused_and_costs_no_memory() {
        for name in [MANIFEST, "tables/a"] {
            let claimed = [&header(name, MAX_MEMBER)[..], b"{}"].concat();
            let refused = manifest(&claimed).unwrap_err();
            assert!(refused.contains(name), "{refused}");
        }
        let mut members = Members::of_bytes(&header(MANIFEST, MAX_MEMBER)).unwrap();
        let (_, size) = members.next().unwrap().unwrap();
        // No machine has room for this, whatever it promises.
        let refused = members.read(u64::MAX, &mut Vec::new()).unwrap_err();
        assert!(size == MAX_MEMBER && refused.contains("内存放不下"), "{refused}");
    }
}

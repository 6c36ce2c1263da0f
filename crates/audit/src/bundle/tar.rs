//! One file of many: ustar without times, owners or rights, so that the same files give the same bytes.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::{MANIFEST, is_name, list};
use crate::AuditError;

/// The longest name that a plain ustar header holds.
pub(super) const MAX_NAME: usize = 99;
const BLOCK: usize = 512;
/// Quick to make, and lines still shrink to a tenth.
const LEVEL: i32 = 9;
/// A member may unpack to so much: a guard against compressed bombs.
const MAX_MEMBER: u64 = 1 << 34;
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

/// Unpacks a file, compressed or not.
pub(super) fn unpack(file: &Path, folder: &Path) -> Result<Result<(), String>, AuditError> {
    let open = || File::open(file).map_err(AuditError::reading(file));
    let mut magic = [0; 4];
    let compressed = open()?.read_exact(&mut magic).is_ok() && magic == MAGIC;
    let mut input: Box<dyn Read> = match compressed {
        true => Box::new(zstd::Decoder::new(open()?).map_err(AuditError::reading(file))?),
        false => Box::new(BufReader::new(open()?)),
    };
    extract(&mut input, &mut |name, content| copy(content, &folder.join(name)))
}

/// Reads a file in memory to its end; gives its manifest. No other member is kept.
pub(super) fn manifest(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut input: Box<dyn Read> = match bytes.starts_with(&MAGIC) {
        true => Box::new(zstd::Decoder::new(bytes).map_err(|_| CUT.to_owned())?),
        false => Box::new(bytes),
    };
    let mut manifest = Vec::new();
    let extracted = extract(&mut input, &mut |name, content| {
        let read = match name {
            MANIFEST => content.read_to_end(&mut manifest).unwrap_or(0) as u64,
            _ => std::io::copy(content, &mut std::io::sink()).unwrap_or(0),
        };
        Ok(read)
    });
    extracted.map_err(|error| error.to_string())??;
    if manifest.is_empty() { Err("没有清单，可能被截断".to_owned()) } else { Ok(manifest) }
}

/// Puts a member somewhere; gives how many bytes of it there were.
type Put<'a> = dyn FnMut(&str, &mut dyn Read) -> Result<u64, AuditError> + 'a;

fn extract(input: &mut dyn Read, put: &mut Put<'_>) -> Result<Result<(), String>, AuditError> {
    let mut last = String::new();
    loop {
        let mut block = [0; BLOCK];
        if input.read_exact(&mut block).is_err() {
            return Ok(Err(CUT.to_owned()));
        }
        if block == [0; BLOCK] {
            break;
        }
        let Some((name, size)) = member(&block) else {
            return Ok(Err("不是本程序的打包格式".to_owned()));
        };
        // In order, the manifest last: so no name comes twice.
        if last == MANIFEST || (name != MANIFEST && name <= last) {
            return Ok(Err(format!("打包文件里“{name}”的次序不对")));
        }
        let put = put(&name, &mut Read::take(&mut *input, size))?;
        if put != size || !is_padded(input, padding(size)) {
            return Ok(Err(format!("文件不完整，在“{name}”处被截断")));
        }
        last = name;
    }
    let mut rest = Vec::new();
    let ended = input.take(2 * BLOCK as u64).read_to_end(&mut rest).is_ok() && rest == [0; BLOCK];
    Ok(if ended { Ok(()) } else { Err("文件的结尾不对，可能被截断或续写".to_owned()) })
}

/// Whether so many zero bytes come next.
fn is_padded(input: &mut dyn Read, length: u64) -> bool {
    let mut rest = Vec::new();
    let read = input.take(length).read_to_end(&mut rest);
    read.is_ok() && rest.len() as u64 == length && rest.iter().all(|byte| *byte == 0)
}

/// Name and size of a member; none where the header is not exactly ours.
fn member(block: &[u8; BLOCK]) -> Option<(String, u64)> {
    let end = block.iter().position(|byte| *byte == 0)?;
    let name = std::str::from_utf8(&block[..end]).ok().filter(|name| is_name(name))?;
    let size = u64::from_str_radix(std::str::from_utf8(&block[124..135]).ok()?, 8).ok()?;
    (size <= MAX_MEMBER && header(name, size) == *block).then(|| (name.to_owned(), size))
}

/// Writes a member; gives how much of it there was.
fn copy(content: &mut dyn Read, path: &Path) -> Result<u64, AuditError> {
    let above = path.parent().expect("below the folder");
    std::fs::create_dir_all(above).map_err(AuditError::reading(above))?;
    let mut out = File::create(path).map_err(AuditError::reading(path))?;
    // A compressed stream that is cut or damaged is an error of reading, and means the same as an early end.
    Ok(std::io::copy(content, &mut out).unwrap_or(0))
}

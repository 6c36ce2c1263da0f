//! Bundles: a year of a ledger as files that anybody checks with no network, no server and no trust in who made them.
//!
//! A bundle is a folder, or the same files as one tar. `docs/verify-yourself.md` defines it. It is a ledger's folder with rules,
//! tables and a manifest beside the lines, so that whatever audits a ledger audits a bundle. No private key is ever in it.

mod check;
mod make;
mod manifest;
mod stream;
mod tar;

use std::path::Path;

pub use check::{BundleReport, check, check_file};
pub use make::{CannotBundle, Made, make};
pub use manifest::{BundleOf, FileEntry, TableEntry};

use crate::AuditError;

/// What the first row of every manifest says it is.
pub const FORMAT: &str = "progress-ledger bundle v1";
/// The manifest's name; the last member of the tar.
pub(crate) const MANIFEST: &str = "manifest.jsonl";

/// Packs a bundle's folder into one file: the same files give the same bytes. Compressed where the name ends in `.zst`.
///
/// # Errors
/// [`AuditError`] when a file cannot be read or written.
pub fn pack(folder: &Path, file: &Path) -> Result<(), AuditError> {
    tar::pack(folder, file)
}

/// Unpacks a bundle's file into a new folder.
///
/// # Errors
/// [`AuditError`] when a file cannot be read or written; a file that is no bundle, or only a part of one, is the reason in
/// Chinese.
pub fn unpack(file: &Path, folder: &Path) -> Result<Result<(), String>, AuditError> {
    tar::unpack(file, folder)
}

/// Which ledger and year a bundle's file in memory is of. It is read to its end and nothing is written; whether its content
/// holds, only [`check`] tells.
///
/// # Errors
/// The reason in Chinese, for a file that is no bundle or only a part of one.
pub fn inspect(bytes: &[u8]) -> Result<BundleOf, String> {
    read_manifest(&tar::manifest(bytes)?)
}

/// Which ledger and year a manifest is of.
///
/// # Errors
/// The reason in Chinese, for bytes that are no whole manifest.
pub fn read_manifest(bytes: &[u8]) -> Result<BundleOf, String> {
    manifest::Manifest::parse(bytes).map(|manifest| manifest.bundle)
}

/// Whether a file may have this name in a bundle.
fn is_name(name: &str) -> bool {
    let folders = ["journal/", "tile/", "rules/", "tables/"];
    let plain = |part: &str| {
        let letters = part
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte));
        letters && !part.is_empty() && !part.starts_with('.')
    };
    let placed =
        folders.iter().any(|folder| name.starts_with(folder)) || name == "checkpoint" || name == MANIFEST;
    placed && name.len() <= tar::MAX_NAME && name.split('/').all(plain)
}

/// All files below a folder by their names in the bundle, in order.
fn list(folder: &Path) -> Result<Vec<String>, AuditError> {
    let mut names = Vec::new();
    walk(folder, "", &mut names)?;
    names.sort();
    Ok(names)
}

fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), AuditError> {
    for entry in std::fs::read_dir(folder).map_err(AuditError::reading(folder))? {
        let path = entry.map_err(AuditError::reading(folder))?.path();
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            walk(&path, &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

//! Finds the tests that are marked as not run, so that none is skipped in silence.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Folders that hold no source of this repository.
const NOT_SOURCES: [&str; 4] = ["target", "node_modules", "corpus", "artifacts"];

/// Returns `path:line: reason` of each `#[ignore]` below `root`, in the order of the paths.
///
/// # Errors
/// A folder or a source file cannot be read.
pub fn ignored_tests(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in rust_files(root)? {
        let text = fs::read_to_string(&path)?;
        let shown = path.strip_prefix(root).unwrap_or(&path).display();
        for (line, reason) in ignore_reasons(&text) {
            found.push(format!("{shown}:{line}: {reason}"));
        }
    }
    Ok(found)
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    entries.sort();
    let mut files = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && !NOT_SOURCES.contains(&&*name) {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// Returns the 1-based line and the reason of each `#[ignore]` in `text`.
fn ignore_reasons(text: &str) -> Vec<(usize, String)> {
    let reason = |line: &str| {
        let rest = line.trim_start().strip_prefix("#[ignore")?;
        Some(match rest.split('"').nth(1) {
            Some(reason) => reason.to_owned(),
            None => "no reason given".to_owned(),
        })
    };
    text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, reason(line)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::ignore_reasons;

    #[test]
    fn an_ignored_test_is_named_with_its_reason() {
        let text = "#[test]\n    #[ignore = \"takes an hour\"]\nfn slow() {}\n";
        assert_eq!(ignore_reasons(text), [(2, "takes an hour".to_owned())]);
    }

    #[test]
    fn an_ignored_test_without_a_reason_is_named_too() {
        assert_eq!(ignore_reasons("#[ignore]\n"), [(1, "no reason given".to_owned())]);
    }

    #[test]
    fn a_test_that_runs_is_not_named() {
        assert_eq!(ignore_reasons("#[test]\nfn quick() { let ignore = 1; }\n"), []);
    }
}

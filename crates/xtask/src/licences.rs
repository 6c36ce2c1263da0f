//! Holds every dependency to a list of permissive licences.
//!
//! Whoever takes the ledger into use must be free to change and pass on all of it, and to know where
//! each part came from: other sources than crates.io are refused as well.

use anyhow::{Result, bail};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use spdx::{Expression, ParseMode};

use crate::process::{say, workspace_root};

/// The only list: permissive licences, none that asks for the source of what is built with it.
const ALLOWED: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // Data only: Mozilla's list of certificate authorities, which HTTPS clients bring along.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "NCSA",
    "Unicode-3.0",
    "Zlib",
];

/// Exceptions only ever add permissions, but an unknown one might be a typing error.
const ALLOWED_EXCEPTIONS: [&str; 1] = ["LLVM-exception"];

/// The workspaces of this repository, with the options that cargo reads them by.
///
/// Fuzzing has its own, so that its instrumentation stays there. Its lock file follows the crates it
/// fuzzes, and a check of licences is no reason to stop because it has not followed yet.
const WORKSPACES: [(&str, &[&str]); 2] = [("Cargo.toml", &["--locked"]), ("fuzz/Cargo.toml", &[])];

/// Checks the dependencies of all workspaces and prints each offender.
///
/// # Errors
/// A dependency comes from elsewhere than crates.io, or its licence is not on the list.
pub fn run() -> Result<()> {
    let mut offenders = Vec::new();
    let mut checked = 0;
    for (manifest, options) in WORKSPACES {
        let metadata = metadata(manifest, options)?;
        let dependencies = dependencies(&metadata);
        checked += dependencies.len();
        offenders.extend(dependencies.into_iter().filter_map(offence));
    }
    if offenders.is_empty() {
        say(&format!("licences: {checked} dependencies, all permissive and from crates.io"));
        return Ok(());
    }
    for offender in &offenders {
        say(&format!("licences: {offender}"));
    }
    bail!("{} of {checked} dependencies may not be used", offenders.len());
}

fn metadata(manifest: &str, options: &[&str]) -> Result<Metadata> {
    let path = workspace_root().join(manifest);
    let options = options.iter().map(|&option| option.to_owned()).collect::<Vec<_>>();
    Ok(MetadataCommand::new().manifest_path(path).other_options(options).exec()?)
}

/// Returns all packages but those that lie in this repository.
fn dependencies(metadata: &Metadata) -> Vec<&Package> {
    let root = workspace_root();
    let own = |package: &Package| {
        package.source.is_none() && package.manifest_path.as_std_path().starts_with(&root)
    };
    metadata.packages.iter().filter(|package| !own(package)).collect()
}

/// Returns a sentence that says why `package` is refused, or nothing where it is not.
fn offence(package: &Package) -> Option<String> {
    let reason = if package.source.as_ref().is_some_and(|source| source.is_crates_io()) {
        refusal(package.license.as_deref())
    } else {
        Some("comes from elsewhere than crates.io".into())
    };
    reason.map(|reason| format!("{} {}: {reason}", package.name, package.version))
}

/// Returns why a licence expression is refused, or nothing where the list allows it.
fn refusal(licence: Option<&str>) -> Option<String> {
    let Some(text) = licence else {
        return Some("names no licence".into());
    };
    // Older manifests write `MIT/Apache-2.0`; the strict form of SPDX does not know the slash.
    let mode = ParseMode { allow_slash_as_or_operator: true, ..ParseMode::STRICT };
    match Expression::parse_mode(text, mode) {
        Err(_) => Some(format!("`{text}` is no SPDX expression")),
        Ok(expression) if expression.evaluate(is_allowed) => None,
        Ok(_) => Some(format!("`{text}` is not among the allowed licences")),
    }
}

fn is_allowed(requirement: &spdx::LicenseReq) -> bool {
    let licence = requirement.license.id().is_some_and(|id| ALLOWED.contains(&id.name));
    let exception = match &requirement.addition {
        None => true,
        Some(addition) => addition.id().is_some_and(|id| ALLOWED_EXCEPTIONS.contains(&id.name)),
    };
    licence && exception
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, refusal};

    #[test]
    fn a_copyleft_licence_is_refused() {
        for text in ["GPL-3.0-only", "AGPL-3.0-or-later", "LGPL-2.1-only", "MPL-2.0", "EUPL-1.2"] {
            let reason = refusal(Some(text)).unwrap_or_else(|| panic!("{text} was allowed"));
            assert!(reason.contains(text), "the reason names the licence: {reason}");
        }
    }

    #[test]
    fn copyleft_beside_a_permissive_licence_is_refused_only_where_both_bind() {
        assert_eq!(refusal(Some("MIT OR GPL-2.0-only")), None);
        assert!(refusal(Some("MIT AND GPL-2.0-only")).is_some());
    }

    #[test]
    fn a_missing_or_unknown_licence_is_refused() {
        assert!(refusal(None).is_some());
        assert!(refusal(Some("ask the author")).is_some());
        assert!(refusal(Some("LicenseRef-own")).is_some());
    }

    #[test]
    fn an_exception_must_be_on_the_list_too() {
        assert_eq!(refusal(Some("Apache-2.0 WITH LLVM-exception")), None);
        assert!(refusal(Some("Apache-2.0 WITH Classpath-exception-2.0")).is_some());
    }

    #[test]
    fn the_slash_of_older_manifests_reads_as_or() {
        assert_eq!(refusal(Some("MIT/Apache-2.0")), None);
    }

    #[test]
    fn every_licence_on_the_list_is_known_to_spdx_and_no_copyleft() {
        for name in ALLOWED {
            let id = spdx::license_id(name).unwrap_or_else(|| panic!("{name} is no SPDX id"));
            assert!(!id.is_copyleft(), "{name}");
        }
    }
}

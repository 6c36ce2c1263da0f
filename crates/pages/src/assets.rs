//! The files that pages ask for, under names that change with their content, so that browsers may keep them for good.

use std::sync::LazyLock;

/// A file that pages ask for.
#[derive(Debug)]
pub struct Asset {
    /// Its address: another content has another one.
    pub path: String,
    /// What it is.
    pub media_type: &'static str,
    /// Its content.
    pub content: &'static str,
}

impl Asset {
    fn new(ending: &str, media_type: &'static str, content: &'static str) -> Self {
        let hash = chain::hash::content_hash(content.as_bytes()).to_string();
        Self { path: format!("/assets/{}.{ending}", &hash[..16]), media_type, content }
    }
}

/// How pages look.
pub static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", include_str!("../assets/style.css")));

/// What pages do where script is allowed: filter, copy, keys, light and dark.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript; charset=utf-8", include_str!("../assets/app.js")));

/// The mark in a browser's tab.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_str!("../assets/icon.svg")));

/// All of them.
pub fn all() -> [&'static Asset; 3] {
    [&STYLESHEET, &SCRIPT, &ICON]
}

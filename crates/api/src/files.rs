//! The published head and the hash tiles, as files of the ledger's folder (C2SP tlog-tiles).

use std::io::ErrorKind;
use std::path::Path;

use axum::http::HeaderMap;
use axum::response::Response;

use crate::ledger::Ledger;
use crate::problem::Problem;
use crate::representation::with_etag;

/// `GET /checkpoint`: the signed head. It is asked for again each time.
pub fn checkpoint(ledger: &Ledger, headers: &HeaderMap) -> Result<Response, Problem> {
    Ok(with_etag(head(ledger)?, "text/plain; charset=utf-8", "no-cache", headers))
}

/// The published head's bytes.
pub fn head(ledger: &Ledger) -> Result<Vec<u8>, Problem> {
    let bytes = checkpoint_bytes(ledger)?;
    let none = "这个账本还没有签名的账本头。请确认密钥文件在账本目录旁边，再记录一次。";
    bytes.ok_or_else(|| Problem::not_found("no-head", none))
}

/// The published head, letter by letter, where there is one.
pub fn checkpoint_bytes(ledger: &Ledger) -> Result<Option<Vec<u8>>, Problem> {
    read(&ledger.directory().join("checkpoint"))
}

/// What the last self-check wrote beside the lines.
pub fn self_check(ledger: &Ledger) -> Result<Option<Vec<u8>>, Problem> {
    read(&ledger.directory().join("self-check.json"))
}

/// `GET /tile/…`: a tile never changes.
pub fn tile(ledger: &Ledger, path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let none = || Problem::not_found("no-tile", "没有这块哈希瓦片。请按账本头的行数计算瓦片路径。");
    if !is_tile(path) {
        return Err(none());
    }
    let bytes = read(&ledger.directory().join("tile").join(path))?.ok_or_else(none)?;
    Ok(with_etag(bytes, "application/octet-stream", "public, max-age=31536000, immutable", headers))
}

/// Only digits, `x` and `p` between slashes (`0/x001/234`, `1/000.p/7`): no such path leaves the folder.
fn is_tile(path: &str) -> bool {
    path.len() <= 100
        && path.split('/').all(|part| {
            let number = part.strip_prefix('x').unwrap_or(part);
            let number = number.strip_suffix(".p").unwrap_or(number);
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
            ) =>
        {
            Ok(None)
        }
        // The path is this machine's; nobody outside needs it.
        Err(error) => {
            Err(Problem::unavailable("unreadable-file", format!("服务器读不到这个文件：{}。", error.kind())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_tile;

    #[test]
    fn only_tiles_are_files() {
        for tile in ["0/000", "0/x001/234", "1/000.p/7"] {
            assert!(is_tile(tile), "{tile}");
        }
        for other in ["", "..", "0/../../lock", "0//1", "/etc/passwd", "0/000.p/..", "checkpoint", "0/%2e%2e"]
        {
            assert!(!is_tile(other), "{other}");
        }
    }
}

//! The folder of a ledger whose lines are on a server: what this machine keeps of it, and the address of the rest.
//!
//! ```text
//! STATE/store        the stream's address, without a password
//! STATE/checkpoint   the last signed head; tile/ hash tiles; state/ saved states; copy/ the lines as last audited
//! STATE.key          the key, STATE.head the last head, STATE.password the password: beside, never inside
//! ```

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use store_eventstore::{Address, Password};

use crate::args::read_text;
use crate::durable;

fn store_file(directory: &Path) -> PathBuf {
    directory.join("store")
}

/// The address of the stream that has the lines of a ledger's folder; none where the folder has them itself.
///
/// # Errors
/// When the file that holds it cannot be read, or is no address.
pub fn address_in(directory: &Path) -> anyhow::Result<Option<Address>> {
    let path = store_file(directory);
    if !path.is_file() {
        return Ok(None);
    }
    let address = read_text(&path)?.trim_end().parse();
    address.map(Some).with_context(|| format!("{} 里不是存储地址。请用 --store 再写一次。", path.display()))
}

/// The folder for the stream at `address`: the one that was named, else one of the stream's name in the current folder.
/// It is made where it is not there, and remembers the address.
///
/// # Errors
/// When it is the folder of another ledger, or cannot be written.
pub fn for_address(address: &Address, named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let directory = named.map_or_else(|| PathBuf::from(address.stream().as_str()), Path::to_owned);
    if directory.join("journal").exists() {
        bail!(
            "{} 是本机账本的目录。请用 --state 另指一个目录，存放服务器上账本的状态。",
            directory.display()
        );
    }
    if let Some(before) = address_in(&directory)?
        && before.stream() != address.stream()
    {
        bail!(
            "{} 属于流 {}，不是 {}。请用 --state 另指一个目录。",
            directory.display(),
            before.stream(),
            address.stream()
        );
    }
    let made = std::fs::create_dir_all(&directory);
    made.with_context(|| format!("无法建立目录 {}。", directory.display()))?;
    remember(address, &directory, &directory)?;
    Ok(directory)
}

/// Writes the address down in the folder `within`, which has, or will get, the name `directory`. A password that stands
/// in the address goes to a file beside, as the key does.
///
/// # Errors
/// When a file cannot be written.
pub fn remember(address: &Address, within: &Path, directory: &Path) -> anyhow::Result<()> {
    let mut address = address.clone().absolute();
    if let Some(Password::Given(password)) = address.user().map(|user| user.password.clone()) {
        let path = password_beside(directory)?;
        keep_secret(&path, &password)?;
        address = address.with_password_file(path);
    }
    let text = format!("{address}\n");
    let path = store_file(within);
    if std::fs::read(&path).is_ok_and(|before| before == text.as_bytes()) {
        return Ok(());
    }
    durable::replace(&path, "new", text.as_bytes())
}

fn password_beside(directory: &Path) -> anyhow::Result<PathBuf> {
    let full =
        std::path::absolute(directory).with_context(|| format!("{} 不是目录名。", directory.display()))?;
    let mut name = full.file_name().context("状态目录要有名字。")?.to_owned();
    name.push(".password");
    Ok(full.with_file_name(name))
}

/// A file that only its owner may read. A crash in here leaves a file with less in it, which the server then refuses.
fn keep_secret(path: &Path, secret: &str) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(format!("{secret}\n").as_bytes())?;
        file.sync_all()
    });
    written.with_context(|| format!("无法写入口令文件 {}。", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_remembers_its_stream_and_not_the_password() {
        let place = tempfile::tempdir().unwrap();
        let state = place.path().join("state");
        let address: Address = "eventstore+http://u:geheim@h/?stream=one".parse().unwrap();
        assert_eq!(for_address(&address, Some(&state)).unwrap(), state);
        let text = std::fs::read_to_string(state.join("store")).unwrap();
        assert!(text.contains("stream=one") && !text.contains("geheim"), "{text}");
        let again = address_in(&state).unwrap().unwrap();
        assert!(again.user().unwrap().password == Password::File(place.path().join("state.password")));
        assert_eq!(std::fs::read_to_string(place.path().join("state.password")).unwrap(), "geheim\n");
        let other: Address = "eventstore+http://h/?stream=two".parse().unwrap();
        assert!(for_address(&other, Some(&state)).unwrap_err().to_string().contains("属于流 one"));
        let moved: Address = "eventstore+http://u@h2/?stream=one&password-file=p".parse().unwrap();
        for_address(&moved, Some(&state)).unwrap();
        assert_eq!(address_in(&state).unwrap().unwrap().nodes()[0].authority(), "h2:2113");
    }

    #[test]
    fn a_journals_folder_is_not_taken() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("journal")).unwrap();
        let address: Address = "eventstore+http://h/?stream=one".parse().unwrap();
        assert!(for_address(&address, Some(place.path())).is_err());
        assert_eq!(address_in(place.path()).unwrap(), None);
    }
}

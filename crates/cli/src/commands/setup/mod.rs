//! New ledgers: a real one, a demonstration, and the first run that sets everything up.

mod committee;
pub mod demo;
pub mod first_run;
pub mod init;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use store::EventLog as _;
use store_eventstore::Address;

use crate::heads;
use crate::log::{Log, of_open};
use crate::output::complain;
use crate::secret_key::{self, SecretKey};
use crate::state_folder;

/// A folder that is being made under another name and gets its own at the end: a crash leaves no half ledger behind the name.
pub struct Making {
    directory: PathBuf,
    beside: PathBuf,
    done: bool,
}

impl Making {
    /// Begins to make a ledger that is to stand in `directory`.
    ///
    /// # Errors
    /// When something is there already, or the place cannot be written.
    pub fn begin(directory: &Path) -> anyhow::Result<Self> {
        refuse_existing(directory)?;
        let name = directory.file_name().with_context(|| format!("{} 不是目录名。", directory.display()))?;
        let beside =
            directory.with_file_name(format!(".{}.making-{}", name.to_string_lossy(), std::process::id()));
        std::fs::create_dir_all(beside.join("journal"))
            .with_context(|| format!("无法建立目录 {}。", beside.display()))?;
        Ok(Self { directory: directory.to_owned(), beside, done: false })
    }

    /// Where it is being made.
    pub fn beside(&self) -> &Path {
        &self.beside
    }

    /// Has the lines kept in a stream on a server, which must be empty.
    ///
    /// A crash after the first lines leaves them in the stream: they are a whole ledger, and its key is beside the folder.
    ///
    /// # Errors
    /// When the server cannot be used, or the stream has lines.
    pub fn put_on_server(&self, address: &Address) -> anyhow::Result<()> {
        std::fs::remove_dir(self.beside.join("journal"))?;
        state_folder::remember(address, &self.beside, &self.directory)?;
        let lines = Log::open_read_only(&self.beside).map_err(of_open)?.size()?;
        if lines > 0 {
            bail!("流 {} 里已有 {lines} 行，不会覆盖。请换一个流名。", address.stream());
        }
        Ok(())
    }

    /// Gives the ledger its name.
    ///
    /// # Errors
    /// When another ledger has got the name meanwhile.
    pub fn finish(mut self) -> anyhow::Result<()> {
        refuse_existing(&self.directory)?;
        let renamed = std::fs::rename(&self.beside, &self.directory);
        renamed.with_context(|| format!("账本没有放到 {}。", self.directory.display()))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.done {
            // Nobody was told of it; what cannot be removed now is a hidden folder with `making` in its name.
            let _ = std::fs::remove_dir_all(&self.beside);
        }
    }
}

fn refuse_existing(directory: &Path) -> anyhow::Result<()> {
    if directory.exists() {
        bail!("{} 已经存在，不会覆盖。请换一个目录。", directory.display());
    }
    let head = heads::beside(directory);
    if head.exists() {
        bail!(
            "这里有过同名的账本，它的账本头还在 {}。请换一个目录；确认不再需要那个账本的，先移走这个文件。",
            head.display()
        );
    }
    Ok(())
}

/// The key of a new ledger, in its file beside the folder. One that a run left that was cut short is taken up again.
///
/// # Errors
/// When a key of another name is there, or the file cannot be written.
pub fn key_for(directory: &Path, origin: &str) -> anyhow::Result<(PathBuf, SecretKey)> {
    let path = secret_key::beside(directory);
    if path.exists() {
        let key = SecretKey::read(&path)?;
        anyhow::ensure!(
            key.verifier.name() == origin,
            "{} 是“{}”的密钥，请换一个目录。",
            path.display(),
            key.verifier.name()
        );
        complain(&format!("提示：沿用已有的密钥 {}。\n", path.display()));
        return Ok((path, key));
    }
    let key = SecretKey::generate(origin)?;
    key.write_new(&path)?;
    Ok((path, key))
}

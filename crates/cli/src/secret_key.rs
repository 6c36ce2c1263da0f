//! Signing keys in files: `PRIVATE+KEY+<name>+<id>+<base64>`, the text form that note-signing tools write.
//!
//! A key stands beside what it signs, never inside: the ledger's folder is what people copy to an auditor.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::publish::HeadSigner;
use chain::note::{KeyType, VerifierKey, decode_base64, encode_base64};
use ed25519_dalek::SigningKey;

use crate::args::read_text;

const PREFIX: &str = "PRIVATE+KEY+";

/// A signing key with its name.
pub struct SecretKey {
    /// The Ed25519 key.
    pub signing: SigningKey,
    /// What others check its signatures with.
    pub verifier: VerifierKey,
}

impl SecretKey {
    /// Makes a key of a log or a unit (type 0x01) with the system's randomness.
    ///
    /// # Errors
    /// When the name holds a `+` or a space, or the system gives no randomness.
    pub fn generate(name: &str) -> anyhow::Result<Self> {
        Self::generate_as(name, KeyType::Ed25519)
    }

    /// Makes a key of a type with the system's randomness; witnesses and committees' members have type 0x04.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn generate_as(name: &str, kind: KeyType) -> anyhow::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| anyhow::anyhow!("系统没有给出随机数：{error}"))?;
        Self::of(name, kind, seed)
    }

    fn of(name: &str, kind: KeyType, seed: [u8; 32]) -> anyhow::Result<Self> {
        let signing = SigningKey::from_bytes(&seed);
        let verifier = VerifierKey::of(name, kind, &signing);
        let verifier =
            verifier.ok().with_context(|| format!("密钥名“{name}”不能有空格和加号，也不能为空。"))?;
        Ok(Self { signing, verifier })
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When there is none, or its text is no key.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = read_text(path)?;
        parse(text.trim_end()).with_context(|| format!("{} 不是签名密钥文件，或已损坏。", path.display()))
    }

    /// Writes the key into a new file that only its owner may read.
    ///
    /// # Errors
    /// When the file exists already or cannot be written; then there is none of this key.
    pub fn write_new(&self, path: &Path) -> anyhow::Result<()> {
        let name = path.file_name().with_context(|| format!("{} 不是文件名。", path.display()))?;
        let beside = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
        // What a run that was cut short left under this name was a key of nothing.
        let written = match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Err(_) | Ok(()) => self.write_beside(&beside),
        };
        written
            .with_context(|| format!("无法写入密钥文件 {}。请检查路径、权限和磁盘空间。", path.display()))?;
        // A link takes no name that is taken. A crash leaves the whole key or none, and at worst the other name.
        let linked = std::fs::hard_link(&beside, path);
        // Should it stay, it is a second name of the same file, for its owner alone.
        drop(std::fs::remove_file(&beside));
        linked.with_context(|| {
            format!("无法新建密钥文件 {}。若已有同名文件，请换一个名字，不要覆盖旧密钥。", path.display())
        })
    }

    fn write_beside(&self, beside: &Path) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(beside)?;
        file.write_all(format!("{}\n", self.text()).as_bytes())?;
        file.sync_all()
    }

    /// The key's id in hex, as it stands in verifier keys.
    #[must_use]
    pub fn id(&self) -> String {
        hex(self.verifier.id())
    }

    fn text(&self) -> String {
        let (name, id) = (self.verifier.name(), self.id());
        let bytes = [&[self.verifier.kind().byte()], self.signing.as_bytes().as_slice()].concat();
        format!("{PREFIX}{name}+{id}+{}", encode_base64(&bytes))
    }
}

impl HeadSigner for SecretKey {
    fn key(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, text: &str) -> String {
        let line = chain::note::sign(self.verifier.name(), &self.signing, text);
        line.expect("the verifier key was made of this name")
    }
}

/// Where the key of a ledger stands: beside its folder.
#[must_use]
pub fn beside(ledger: &Path) -> PathBuf {
    let mut name = ledger.file_name().unwrap_or_default().to_owned();
    name.push(".key");
    ledger.with_file_name(name)
}

/// Where the key of an invented member of a demonstration's committee stands: beside the ledger's folder too.
#[must_use]
pub fn member_beside(ledger: &Path, member: &str) -> PathBuf {
    let mut name = ledger.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{member}.key"));
    ledger.with_file_name(name)
}

fn parse(text: &str) -> anyhow::Result<SecretKey> {
    let parts: Vec<&str> = text.strip_prefix(PREFIX).unwrap_or_default().splitn(3, '+').collect();
    let [name, id, key] = parts.as_slice() else { bail!("应为 {PREFIX}名称+编号+密钥") };
    let bytes = decode_base64(key).context("密钥不是 base64")?;
    let kinds = [KeyType::Ed25519, KeyType::Cosignature];
    let (byte, seed) = bytes.split_first().context("密钥是空的")?;
    let kind = kinds.into_iter().find(|kind| kind.byte() == *byte).context("不是 Ed25519 密钥")?;
    let key = SecretKey::of(name, kind, seed.try_into().context("密钥长度不是 32 字节")?)?;
    anyhow::ensure!(hex(key.verifier.id()) == *id, "编号与密钥不符");
    Ok(key)
}

fn hex(id: [u8; 4]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_no_other() {
        for kind in [KeyType::Ed25519, KeyType::Cosignature] {
            let key = SecretKey::of("yingtan.example", kind, [7; 32]).unwrap();
            let again = parse(&key.text()).unwrap();
            assert_eq!((again.signing.to_bytes(), &again.verifier), ([7; 32], &key.verifier));
            assert!(parse(&key.text().replace("yingtan", "guixi")).is_err());
        }
        assert!(parse("").is_err());
    }

    #[test]
    fn a_ledgers_key_is_beside_its_folder() {
        assert_eq!(beside(Path::new("a/ledger")), Path::new("a/ledger.key"));
        assert_eq!(beside(Path::new("a/ledger/")), Path::new("a/ledger.key"));
    }
}

//! A log that signs heads, and the folder of a witness that knows it.
#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::path::{Path, PathBuf};

use chain::TreeHash;
use chain::hash::leaf_hash;
use chain::note::{Checkpoint, KeyType, VerifierKey, encode_base64, sign};
use chain::tree::{consistency_proof, root_of};
use ed25519_dalek::SigningKey;
use tempfile::TempDir;
use witness::memory::{Memory, MemoryError};
use witness::{Refusal, Unable, Witness};

pub const ORIGIN: &str = "yingtan.example/ledger";
pub const NAME: &str = "witness.example/w1";
pub const TIME_S: u64 = 1_679_315_147;

/// A log of short lines.
#[derive(Clone)]
pub struct Log {
    key: SigningKey,
    leaves: Vec<TreeHash>,
}

impl Log {
    pub fn new(lines: u64) -> Self {
        let leaves = (0..lines).map(|line| leaf_hash(line.to_string().as_bytes())).collect();
        Self { key: SigningKey::from_bytes(&[5; 32]), leaves }
    }

    /// The same log, but one line says something else.
    pub fn rewritten_at(&self, line: usize) -> Self {
        let mut other = self.clone();
        other.leaves[line] = leaf_hash(b"something else");
        other
    }

    /// The same lines, signed by somebody else.
    pub fn with_key(&self, seed: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[seed; 32]), leaves: self.leaves.clone() }
    }

    pub fn verifier(&self) -> VerifierKey {
        VerifierKey::of(ORIGIN, KeyType::Ed25519, &self.key).unwrap()
    }

    pub fn text(&self, size: u64) -> String {
        let leaves = &self.leaves[..usize::try_from(size).unwrap()];
        Checkpoint { origin: ORIGIN.to_owned(), size, root: root_of(leaves) }.text()
    }

    pub fn signed(&self, text: &str) -> String {
        format!("{text}\n{}", sign(ORIGIN, &self.key, text).unwrap())
    }

    pub fn note(&self, size: u64) -> String {
        self.signed(&self.text(size))
    }

    /// The proof from a size; from nothing, and backwards, there is none.
    pub fn proof(&self, old: u64, size: u64) -> Vec<TreeHash> {
        let [old, size] = [old, size].map(|size| usize::try_from(size).unwrap());
        consistency_proof(&self.leaves[..size], old).unwrap_or_default()
    }

    pub fn request(&self, old: u64, size: u64) -> Vec<u8> {
        self.request_with(old, size, &self.proof(old, size))
    }

    pub fn request_with(&self, old: u64, size: u64, proof: &[TreeHash]) -> Vec<u8> {
        body(old, proof, &self.note(size))
    }
}

/// The body of a request.
pub fn body(old: u64, proof: &[TreeHash], note: &str) -> Vec<u8> {
    let proof: String = proof.iter().map(|hash| format!("{}\n", encode_base64(&hash.0))).collect();
    format!("old {old}\n{proof}\n{note}").into_bytes()
}

/// The folder of a witness.
pub struct Post {
    folder: TempDir,
}

impl Post {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn memory(&self, seed: u8) -> Result<Memory, MemoryError> {
        let own = VerifierKey::of(NAME, KeyType::Cosignature, &SigningKey::from_bytes(&[seed; 32])).unwrap();
        Memory::open(self.folder(), own)
    }

    /// A witness for the log of [`Log::new`].
    #[track_caller]
    pub fn open(&self) -> Witness {
        let key = SigningKey::from_bytes(&[1; 32]);
        let own = VerifierKey::of(NAME, KeyType::Cosignature, &key).unwrap();
        let memory = self.memory(1).expect("nobody else uses the folder");
        Witness::new(key, own, vec![Log::new(0).verifier()], memory).unwrap()
    }

    /// Why a request is refused; the refusal must leave the memory as it was.
    #[track_caller]
    pub fn refusal(&self, witness: &Witness, request: &[u8]) -> Refusal {
        let before = witness.remembered().unwrap();
        let answer = witness.add_checkpoint(request, TIME_S);
        assert_eq!(witness.remembered().unwrap(), before);
        match answer {
            Err(Unable::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// The file with the last cosigned note.
    pub fn note_file(&self) -> PathBuf {
        self.file("note").expect("a note was cosigned")
    }

    /// The head that was kept as evidence of a fork.
    pub fn evidence(&self) -> Option<String> {
        self.file("fork").map(|path| fs::read_to_string(path).unwrap())
    }

    fn file(&self, extension: &str) -> Option<PathBuf> {
        let paths = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path());
        paths.into_iter().find(|path| path.extension().is_some_and(|own| own == extension))
    }
}

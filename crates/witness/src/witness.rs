//! A witness at work: compare, cosign, remember, and only then answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chain::note::{KeyType, Note, NoteSignature, VerifierKey, cosign, encode_base64};
use ed25519_dalek::SigningKey;

use crate::decide::{Refusal, decide};
use crate::memory::{Memory, MemoryError};
use crate::request::Request;

/// Keys no witness can work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAWitness {
    /// The witness's own key is of another type than 0x04, or does not fit its name.
    #[error("见证密钥应为 0x04 型（Ed25519 副署），请用 witness key 新建")]
    OwnKey,
    /// A log's key is of another type than 0x01.
    #[error("账本“{0}”的验证密钥应为 0x01 型（Ed25519）")]
    LogKey(String),
    /// Nothing to witness.
    #[error("没有指明任何账本的验证密钥")]
    NoLog,
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum Unable {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The memory does not work.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// A witness: its key, the logs it knows, and its memory. May be asked from many threads.
#[derive(Debug)]
pub struct Witness {
    key: SigningKey,
    own: VerifierKey,
    logs: Vec<VerifierKey>,
    /// From comparing with what is remembered until the new note is remembered, nobody else may compare.
    memory: Mutex<Memory>,
}

impl Witness {
    /// A witness that signs with `key` under the name of `own`, for the logs with these keys.
    ///
    /// # Errors
    /// [`NotAWitness`].
    pub fn new(
        key: SigningKey,
        own: VerifierKey,
        logs: Vec<VerifierKey>,
        memory: Memory,
    ) -> Result<Self, NotAWitness> {
        if VerifierKey::of(own.name(), KeyType::Cosignature, &key).as_ref() != Ok(&own) {
            return Err(NotAWitness::OwnKey);
        }
        if let Some(other) = logs.iter().find(|log| !log.is_ed25519()) {
            return Err(NotAWitness::LogKey(other.name().to_owned()));
        }
        if logs.is_empty() {
            return Err(NotAWitness::NoLog);
        }
        Ok(Self { key, own, logs, memory: Mutex::new(memory) })
    }

    /// The key that others check its cosignatures with.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.own
    }

    /// The logs it knows, by their keys.
    #[must_use]
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// What was cosigned last for each log it knows.
    ///
    /// # Errors
    /// [`MemoryError`] of the first log whose file cannot be used.
    pub fn remembered(&self) -> Result<Vec<(String, u64)>, MemoryError> {
        let memory = self.memory();
        let size = |log: &VerifierKey| Ok((log.name().to_owned(), memory.latest(log.name())?.size));
        self.logs.iter().map(size).collect()
    }

    /// Answers an `add-checkpoint` request: the cosignature's line with its LF, stamped `time_s` (seconds since 1970).
    ///
    /// When it is returned, the head survives a power cut in the memory. A crash after remembering and before answering costs
    /// nothing: the log asks again, learns the size, and gets a cosignature of the same head.
    ///
    /// # Errors
    /// [`Unable`]; no cosignature exists then outside this process.
    pub fn add_checkpoint(&self, body: &[u8], time_s: u64) -> Result<String, Unable> {
        let request = Request::parse(body).map_err(Refusal::from)?;
        let origin = &request.head.origin;
        let signed = self.signed_note(&request.note);
        let memory = self.memory();
        let decided = decide(&request, &self.logs, memory.latest(origin)?);
        if let Err(Refusal::Fork { .. }) = decided {
            memory.keep_fork(origin, &signed)?;
        }
        decided?;
        let line = cosign(self.own.name(), &self.key, &request.note.text, time_s);
        let line = line.expect("the name is that of a key");
        memory.remember(origin, &format!("{signed}{line}"))?;
        Ok(line)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A thread that panicked has remembered a whole note or none; what is on disk is read again each time.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The note's bytes with the signatures of known logs alone: no earlier cosignature, no stranger's line.
    fn signed_note(&self, note: &Note) -> String {
        let known = |line: &&NoteSignature| {
            self.logs.iter().any(|log| log.name() == line.name && log.id() == line.id)
        };
        let signatures = note.signatures.iter().filter(known).map(|line| {
            format!("\u{2014} {} {}\n", line.name, encode_base64(&[&line.id[..], &line.bytes].concat()))
        });
        format!("{}\n{}", note.text, signatures.collect::<String>())
    }
}

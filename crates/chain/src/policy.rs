//! Witness policies (C2SP tlog-policy): which logs are known, and whose cosignatures suffice.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::note::{Checkpoint, KeyType, Note, NoteError, VerifierKey};

/// Text that is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy line {line}: {reason}")]
pub struct PolicyError {
    /// The line, from 1; the line after the last where something is missing.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

#[derive(Clone, Debug)]
enum Member {
    Witness(VerifierKey),
    Group { threshold: usize, members: Vec<String> },
}

/// A policy: logs, witnesses, groups of them, and the one whose consent is needed.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    members: BTreeMap<String, Member>,
    witnesses: Vec<String>,
    grouped: std::collections::BTreeSet<String>,
    quorum: Option<String>,
}

/// The quorum that asks nobody, and a name no witness may have.
const NONE: &str = "none";

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        let mut count = 0;
        for line in text.split('\n') {
            count += 1;
            policy.read_line(line).map_err(|reason| PolicyError { line: count, reason })?;
        }
        if policy.quorum.is_none() {
            return Err(PolicyError { line: count, reason: "no quorum".to_owned() });
        }
        Ok(policy)
    }
}

impl Policy {
    /// Reads a policy file's bytes.
    ///
    /// # Errors
    /// [`PolicyError`] for the first line that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let text = std::str::from_utf8(bytes);
        text.map_err(|_| PolicyError { line: 1, reason: "not UTF-8".to_owned() })?.parse()
    }

    fn read_line(&mut self, line: &str) -> Result<(), String> {
        if line.bytes().any(|byte| (byte < 0x20 && byte != b'\t') || byte == 0x7f) {
            return Err("a control character".to_owned());
        }
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", key] | ["log", key, _] => self.log(key),
            ["witness", name, key] | ["witness", name, key, _] => self.witness(name, key),
            ["group", name, threshold, members @ ..] => self.group(name, threshold, members),
            ["quorum", name] => self.set_quorum(name),
            [word, ..] => Err(format!("{word}: unknown, or with other words than it takes")),
        }
    }

    fn log(&mut self, key: &str) -> Result<(), String> {
        let key: VerifierKey = key.parse().map_err(|_| format!("{key} is no verifier key"))?;
        if key.kind() != KeyType::Ed25519 {
            return Err(format!("{}: a log's key is of type 1, not {}", key.name(), key.kind().byte()));
        }
        if self.logs.iter().any(|log| log.public_key() == key.public_key()) {
            return Err(format!("{}: listed twice", key.name()));
        }
        self.logs.push(key);
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str) -> Result<(), String> {
        let key: VerifierKey = key.parse().map_err(|_| format!("{key} is no verifier key"))?;
        if key.kind() != KeyType::Cosignature {
            return Err(format!("{}: a witness's key is of type 4, not {}", key.name(), key.kind().byte()));
        }
        // One key under two names would count as two witnesses.
        let same =
            |member: &Member| matches!(member, Member::Witness(own) if own.public_key() == key.public_key());
        if self.members.values().any(same) {
            return Err(format!("{}: a key that is listed already", key.name()));
        }
        self.witnesses.push(name.to_owned());
        self.define(name, Member::Witness(key))
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), String> {
        let threshold = match threshold {
            "any" => 1,
            "all" => members.len(),
            digits => crate::note::read_decimal(digits)
                .and_then(|number| usize::try_from(number).ok())
                .ok_or_else(|| format!("{digits} is no threshold"))?,
        };
        if !(1..=members.len()).contains(&threshold) {
            return Err(format!("{name}: {threshold} of {} members", members.len()));
        }
        for member in members {
            if !self.members.contains_key(*member) {
                return Err(format!("{member}: not defined above"));
            }
            if !self.grouped.insert((*member).to_owned()) {
                return Err(format!("{member}: in two groups, or twice in one"));
            }
        }
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.define(name, Member::Group { threshold, members })
    }

    fn define(&mut self, name: &str, member: Member) -> Result<(), String> {
        if name == NONE || self.members.insert(name.to_owned(), member).is_some() {
            return Err(format!("{name}: a name that is taken"));
        }
        Ok(())
    }

    fn set_quorum(&mut self, name: &str) -> Result<(), String> {
        if name != NONE && !self.members.contains_key(name) {
            return Err(format!("{name}: not defined above"));
        }
        match self.quorum.replace(name.to_owned()) {
            Some(_) => Err("a second quorum".to_owned()),
            None => Ok(()),
        }
    }

    /// Reads a signed tree head under this policy; gives it and the names of all known keys that signed,
    /// logs first, then witnesses in the policy's order.
    ///
    /// # Errors
    /// [`NoteError`], of several reasons the first in the order of its variants.
    pub fn open(&self, bytes: &[u8]) -> Result<(Checkpoint, Vec<String>), NoteError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        let logs: Vec<_> = self.logs.iter().filter(|log| log.name() == checkpoint.origin).collect();
        if logs.is_empty() {
            return Err(NoteError::Origin);
        }
        let mut signers = Vec::new();
        for log in logs {
            if note.signed_by(log)? {
                signers.push(log.name().to_owned());
            }
        }
        let log_signed = !signers.is_empty();
        let mut consenting = std::collections::BTreeSet::new();
        for name in &self.witnesses {
            if let Some(Member::Witness(key)) = self.members.get(name)
                && note.signed_by(key)?
            {
                signers.push(key.name().to_owned());
                consenting.insert(name.as_str());
            }
        }
        if !log_signed {
            return Err(NoteError::NoLogSignature);
        }
        let quorum = self.quorum.as_deref().expect("a policy without a quorum is not read");
        if quorum != NONE && !self.consents(quorum, &consenting) {
            return Err(NoteError::Quorum);
        }
        Ok((checkpoint, signers))
    }

    fn consents(&self, name: &str, consenting: &std::collections::BTreeSet<&str>) -> bool {
        match &self.members[name] {
            Member::Witness(_) => consenting.contains(name),
            Member::Group { threshold, members } => {
                members.iter().filter(|member| self.consents(member, consenting)).count() >= *threshold
            }
        }
    }
}

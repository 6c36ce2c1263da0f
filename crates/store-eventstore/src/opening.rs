//! What is asked before a stream is used as a ledger.

use std::time::Duration;

use chain::EventHash;
use store::{Damage, LineBatch, Result, StoreError};

use crate::source::{Source, Unusable};
use crate::timing::Patience;
use crate::wire::{Info, Request, truncation};

/// Event numbers have 64 bits since this version.
const OLDEST_MAJOR: u32 = 4;
/// From this version on, options are spelled with the product's newer name.
const KURRENT_MAJOR: u32 = 25;

/// What the caller knows of the ledger already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The size of the largest signed head that was seen: a stream with fewer lines is not this ledger as it was.
    pub signed_size: u64,
    /// The event hash of the first line.
    pub genesis: Option<EventHash>,
}

/// What was found when a stream was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The server's version.
    pub version: String,
    /// The lines that are in the stream.
    pub lines: u64,
}

impl std::fmt::Display for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "服务器版本 {}，流中 {} 行", self.version, self.lines)
    }
}

impl Source {
    /// Checks server and stream.
    pub fn open(&self, known: &Known) -> Result<Opened> {
        let info = self.info()?;
        self.check_server(&info)?;
        self.check_settings()?;
        let lines = self.size()?.unwrap_or(0);
        if lines < known.signed_size {
            let reason = format!("流中只有 {lines} 行，而账本头已经签到第 {} 行", known.signed_size);
            return Err(self.place.corrupt(lines, Damage::CheckpointAhead, reason));
        }
        self.check_first_line(lines, known.genesis)?;
        Ok(Opened { version: info.version, lines })
    }

    fn info(&self) -> Result<Info> {
        let patience = Patience::for_time(&self.timing, self.timing.opening);
        let info = self.get_with(patience, &Request::info(), Duration::ZERO, |body| {
            Info::parse(body).ok_or_else(|| Unusable::Again("/info 的答复不可读".to_owned()))
        })?;
        info.ok_or_else(|| {
            self.place.misconfigured("服务器没有 /info，不像是 EventStoreDB 或 KurrentDB".to_owned())
        })
    }

    fn check_server(&self, info: &Info) -> Result<()> {
        let major = info.major();
        if major.is_some_and(|major| major < OLDEST_MAJOR) {
            let reason = format!("服务器版本 {} 太旧，至少要 {OLDEST_MAJOR}.0", info.version);
            return Err(self.place.misconfigured(reason));
        }
        if info.atom_pub == Some(false) {
            let family =
                if major.is_some_and(|major| major >= KURRENT_MAJOR) { "KURRENTDB" } else { "EVENTSTORE" };
            return Err(self.place.misconfigured(format!(
                "服务器（{}）没有开启 AtomPub：请在配置里写 EnableAtomPubOverHttp: true（环境变量 {family}_ENABLE_ATOM_PUB_OVER_HTTP=true）并重启服务器",
                info.version
            )));
        }
        Ok(())
    }

    /// A ledger's stream keeps every event.
    fn check_settings(&self) -> Result<()> {
        let found = self.get(&Request::metadata(&self.place.stream), Duration::ZERO, |body| {
            truncation(body).map_err(|error| Unusable::Again(format!("流设置不可读：{error}")))
        })?;
        match found.flatten() {
            None => Ok(()),
            Some(found) => {
                let reason = format!(
                    "流设置了 {}={}，服务器会丢弃事件；账本的流不能有这项设置",
                    found.setting, found.value
                );
                Err(self.place.corrupt(0, Damage::StreamGap, reason))
            }
        }
    }

    fn check_first_line(&self, lines: u64, genesis: Option<EventHash>) -> Result<()> {
        if lines == 0 {
            return Ok(());
        }
        let mut batch = LineBatch::new(0);
        let hashes = self.lines(0, 1, &mut batch)?.unwrap_or_default();
        let foreign = |reason: &str| self.place.corrupt(0, Damage::StreamForeign, reason.to_owned());
        let first = hashes.first().ok_or_else(|| foreign("读不到第一行"))?;
        if genesis.is_some_and(|genesis| genesis != *first) {
            return Err(foreign("第一行不是这个账本的第一行：流名可能写错，或服务器不是原来那一个"));
        }
        Ok(())
    }

    /// A stream that had `seen` lines has fewer.
    pub fn shrunk(&self, seen: u64, size: u64) -> StoreError {
        let reason = format!("先前读到 {seen} 行，现在只有 {size} 行：流被删除，或服务器被恢复到旧备份");
        self.place.corrupt(size, Damage::StreamLost, reason)
    }
}

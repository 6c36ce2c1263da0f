//! The stream as errors name it, and the errors.

use std::io;
use std::sync::Arc;

use store::{Damage, StoreError};

use crate::address::{Address, StreamName};
use crate::wire::{Outcome, Refusal};

/// A stream and where it is, for messages: never with credentials.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    name: String,
    pub stream: StreamName,
}

const TRY_AGAIN: &str = "请检查服务器和网络后重试；用同一提交编号重试不会重复记录";
const ASK_OPERATOR: &str = "请检查存储地址与服务器设置，见 docs/eventstore.md";

impl Place {
    pub fn of(address: &Address) -> Self {
        let servers: Vec<_> = address.nodes().iter().map(ToString::to_string).collect();
        let stream = address.stream().clone();
        Self { name: format!("{} 的流 {stream}", servers.join(",")), stream }
    }

    /// Something around the ledger does not work now.
    pub fn unable(&self, reason: String) -> StoreError {
        StoreError::Server { place: self.name.clone(), reason, advice: TRY_AGAIN }
    }

    /// Something is set up wrongly, and will be until somebody changes it.
    pub fn misconfigured(&self, reason: String) -> StoreError {
        StoreError::Server { place: self.name.clone(), reason, advice: ASK_OPERATOR }
    }

    pub fn corrupt(&self, position: u64, damage: Damage, reason: String) -> StoreError {
        StoreError::Corrupt { position, damage, place: self.name.clone(), reason }
    }

    /// The outcome of an append is not known.
    pub fn unknown(position: u64, reason: String) -> StoreError {
        StoreError::OutcomeUnknown { position, cause: Arc::new(io::Error::other(reason)) }
    }

    /// The server will not do it.
    pub fn refused(&self, refusal: &Refusal) -> StoreError {
        match refusal {
            Refusal::Unauthorized => self.misconfigured(
                "服务器答复 401：用户名或口令不对，或者这个用户没有权限（服务器不区分这两种情况）".to_owned(),
            ),
            Refusal::Deleted => self.corrupt(
                0,
                Damage::StreamLost,
                "服务器答复 410：这个流已被永久删除，名称不能再用".to_owned(),
            ),
            Refusal::Status { status, said } => {
                self.misconfigured(format!("服务器答复 {status}{}", in_quotes(said)))
            }
        }
    }
}

/// Why a request has to be sent again. In Chinese.
pub(crate) fn why_again(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotNow { .. } => "服务器答复 503：尚未就绪或繁忙".to_owned(),
        Outcome::Unclear { status, said } => format!("服务器答复 {status}{}", in_quotes(said)),
        Outcome::Elsewhere { node, .. } => format!("服务器要求改找 {node}，它不在已知成员之中或不再是主节点"),
        Outcome::TooLarge => "服务器答复 413，却可能已经写入".to_owned(),
        Outcome::OtherVersion { current } => {
            format!("服务器说最后一个事件的编号是 {current}，却读不到，可能尚未提交")
        }
        Outcome::Committed { first } => format!("服务器说已写在第 {first} 行起，却读不到"),
        Outcome::Found | Outcome::Missing => "答复与请求不相干".to_owned(),
        Outcome::Refused(_) => "服务器拒绝".to_owned(),
    }
}

fn in_quotes(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("“{said}”") }
}

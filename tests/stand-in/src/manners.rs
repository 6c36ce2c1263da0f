//! How newer servers answer otherwise (read in their source, not recorded).

use feed::json::Json;
use hyper::StatusCode;

use crate::answer::Answer;

/// Whose manners a stand-in has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manners {
    /// EventStoreDB 4.1.4, as recorded.
    #[default]
    Recorded,
    /// The lines from 23.6 to KurrentDB 26, where they differ in what a client of a ledger meets: the reason of a
    /// refusal stands in the body, pages are `private`, ETags change with every start, the current version comes under
    /// both names, and `/info` and `/gossip` have other members. (`Options::anonymous` is a choice of its own.)
    Newer,
}

impl Manners {
    /// Gives an answer the form of these manners.
    pub(crate) fn adapt(self, mut answer: Answer) -> Answer {
        if self == Self::Recorded {
            return answer;
        }
        let current = answer.headers.iter().find(|(name, _)| *name == "ES-CurrentVersion");
        if let Some((_, version)) = current.cloned() {
            answer = answer.with("Kurrent-CurrentVersion", version);
        } else if answer.status >= 400 && answer.body.is_empty() {
            answer.body = answer.reason.clone().into_bytes();
        }
        let status = StatusCode::from_u16(answer.status).expect("a status of three digits");
        answer.reason = status.canonical_reason().unwrap_or("").to_owned();
        for (_, value) in answer.headers.iter_mut().filter(|(name, _)| *name == "Cache-Control") {
            *value = value.replace("public", "private");
        }
        answer
    }

    /// Returns the word for a member's state.
    pub(crate) fn state(self, recorded: &'static str) -> &'static str {
        match (self, recorded) {
            (Self::Newer, "Master") => "Leader",
            (Self::Newer, "Slave") => "Follower",
            _ => recorded,
        }
    }

    /// Returns what `/info` says, given the state.
    pub(crate) fn info(self, state: &str, atom_pub: bool) -> Json {
        let state = Json::Text(state.to_ascii_lowercase());
        let features = [("projections", false), ("userManagement", true), ("atomPub", atom_pub)];
        match self {
            Self::Recorded => Json::object([
                ("esVersion", Json::text("4.1.4.0")),
                ("state", state),
                ("projectionsMode", Json::text("None")),
            ]),
            Self::Newer => Json::object([
                ("dbVersion", Json::text("26.1.0")),
                ("esVersion", Json::text("26.1.0")),
                ("state", state),
                ("features", Json::object(features.map(|(name, is_on)| (name, Json::Bool(is_on))))),
                ("authentication", Json::object([("type", Json::text("internal"))])),
            ]),
        }
    }

    /// Returns the name under which gossip tells where a member is to be asked.
    pub(crate) fn endpoint(self) -> (&'static str, &'static str) {
        match self {
            Self::Recorded => ("externalHttpIp", "externalHttpPort"),
            Self::Newer => ("httpEndPointIp", "httpEndPointPort"),
        }
    }

    /// Returns the name under which gossip tells where the other members ask it.
    pub(crate) fn inner_endpoint(self) -> (&'static str, &'static str) {
        match self {
            Self::Recorded => ("internalHttpIp", "internalHttpPort"),
            Self::Newer => ("internalHttpEndPointIp", "internalHttpEndPointPort"),
        }
    }
}

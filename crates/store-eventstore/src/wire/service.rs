//! What servers say of themselves and of a stream's settings.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::node::Node;

/// A server's version and features.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// The version, such as `23.10.1` or `4.1.4`.
    pub version: String,
    /// Whether streams are served over HTTP, where the server says so; older ones always do.
    pub atom_pub: Option<bool>,
    /// `leader`, `follower`, … in lower case.
    pub state: String,
}

impl Info {
    /// Reads the answer of `/info`; `None` where it is none.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let info: Value = serde_json::from_slice(body).ok()?;
        let text = |name: &str| info[name].as_str().map(str::to_owned);
        let version = text("dbVersion").or_else(|| text("esVersion"))?;
        let state = text("state").unwrap_or_default().to_lowercase();
        Some(Self { version, atom_pub: info["features"]["atomPub"].as_bool(), state })
    }

    /// The version's first number.
    #[must_use]
    pub fn major(&self) -> Option<u32> {
        self.version.split('.').next()?.parse().ok()
    }
}

/// A server of a cluster, as gossip tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// How it is reached.
    pub node: Node,
    /// Whether it leads and is alive: a dead leader stays listed as leader beside the new one.
    pub leads: bool,
    /// Whether it is alive.
    pub is_alive: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GossipMember {
    state: String,
    is_alive: bool,
    #[serde(alias = "externalHttpIp")]
    http_end_point_ip: String,
    #[serde(alias = "externalHttpPort")]
    http_end_point_port: u16,
}

/// Reads the answer of `/gossip`; `None` where it is none. Members that cannot be reached are left out.
#[must_use]
pub fn members(body: &[u8], secure: bool) -> Option<Vec<Member>> {
    #[derive(Deserialize)]
    struct Gossip {
        members: Vec<Value>,
    }
    let gossip: Gossip = serde_json::from_slice(body).ok()?;
    let known = gossip.members.into_iter().filter_map(|member| serde_json::from_value(member).ok());
    Some(known.filter_map(|member: GossipMember| member.known(secure)).collect())
}

impl GossipMember {
    fn known(self, secure: bool) -> Option<Member> {
        let node = Node::named(secure, &self.http_end_point_ip, self.http_end_point_port)?;
        let leads = self.is_alive && ["Leader", "Master"].contains(&self.state.as_str());
        Some(Member { node, leads, is_alive: self.is_alive })
    }
}

/// A setting of a stream that makes a server drop events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// `$maxAge`, `$maxCount` or `$tb`.
    pub setting: &'static str,
    /// Its value.
    pub value: String,
}

/// Reads a stream's settings; says which of them drops events, if any. `Err` where the body is no object.
///
/// # Errors
/// The body is no JSON object.
pub fn truncation(body: &[u8]) -> Result<Option<Truncation>, serde_json::Error> {
    let settings: Map<String, Value> = serde_json::from_slice(body)?;
    let found = ["$maxAge", "$maxCount", "$tb"].into_iter().find_map(|setting| {
        settings
            .get(setting)
            .filter(|value| !value.is_null())
            .map(|value| Truncation { setting, value: value.to_string() })
    });
    Ok(found)
}

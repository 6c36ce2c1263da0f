//! Which server to ask: the one that leads, found by gossip and by following redirects by hand.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::address::Address;
use crate::http::{ConnectError, Http, Silence};
use crate::node::Node;
use crate::timing::Timing;
use crate::wire::{Outcome, Request, Response, members};

/// So many redirects are followed for one request: a server that has lost its leader may name a dead one for a while.
const MAX_HOPS: usize = 3;

/// The servers of one address.
pub(crate) struct Cluster {
    http: Http,
    secure: bool,
    /// Servers that the person named.
    named: Vec<Node>,
    known: Mutex<Known>,
    timing: Timing,
}

/// What has been learned.
struct Known {
    /// Whom to ask first.
    current: Node,
    /// Servers that gossip has named; they may see credentials, as the named ones may.
    members: Vec<Node>,
    /// Whether there is more than one server. A single one of the oldest line answers no gossip.
    is_cluster: bool,
}

impl Cluster {
    /// Knows the servers of an address; asks none yet.
    pub fn of(address: &Address, timing: Timing) -> Result<Self, ConnectError> {
        let named = address.nodes().to_vec();
        let current = named[0].clone();
        let known = Known { current, members: Vec::new(), is_cluster: named.len() > 1 };
        let http = Http::for_address(address, &timing)?;
        Ok(Self { http, secure: address.nodes()[0].is_secure(), named, known: Mutex::new(known), timing })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server that is asked first.
    pub fn current(&self) -> Node {
        self.known().current.clone()
    }

    /// Sends a request to the server that leads, as far as is known, and goes where it is sent on to.
    ///
    /// The answer is a redirect only where it leads to a stranger or to no end.
    pub fn ask(&self, request: &Request, timeout: Duration) -> Result<Response, Silence> {
        let mut node = self.current();
        for _ in 0..MAX_HOPS {
            let response = self.http.send(&node, request, timeout)?;
            let Outcome::Elsewhere { node: target, path } = Outcome::of(&response) else {
                return Ok(response);
            };
            if path != request.path || !self.may_see_credentials(&target) {
                return Ok(response);
            }
            self.known().current = target.clone();
            node = target;
        }
        self.http.send(&node, request, timeout)
    }

    /// As [`ask`](Self::ask), within the time that answers are given.
    pub fn ask_in_time(&self, request: &Request) -> Result<Response, Silence> {
        self.ask(request, self.timing.answer)
    }

    fn may_see_credentials(&self, node: &Node) -> bool {
        if self.is_known(node) {
            return true;
        }
        // A cluster behind one name, seen for the first time.
        self.known().is_cluster = true;
        self.gossip();
        self.is_known(node)
    }

    fn is_known(&self, node: &Node) -> bool {
        self.named.contains(node) || self.known().members.contains(node)
    }

    /// After an answer that did not come, or one that says that another server leads: looks who does.
    pub fn look_again(&self) {
        if !self.known().is_cluster || self.gossip() {
            return;
        }
        // Nobody knows a leader. The next server may, by the time it is asked.
        let mut known = self.known();
        let all: Vec<&Node> = self.named.iter().chain(&known.members).collect();
        let next = all.iter().position(|node| **node == known.current).map_or(0, |at| (at + 1) % all.len());
        known.current = all[next].clone();
    }

    /// Asks the servers for one that leads; says whether there is one.
    fn gossip(&self) -> bool {
        let known = self.known();
        let mut askable = vec![known.current.clone()];
        askable
            .extend(self.named.iter().chain(&known.members).filter(|node| **node != known.current).cloned());
        drop(known);
        askable.iter().any(|node| self.gossip_of(node))
    }

    fn gossip_of(&self, node: &Node) -> bool {
        let Ok(answer) = self.http.send(node, &Request::gossip(), self.timing.gossip) else { return false };
        let found = members(&answer.body, self.secure).filter(|_| answer.status == 200).unwrap_or_default();
        let mut known = self.known();
        if !found.is_empty() {
            known.members = found.iter().map(|member| member.node.clone()).collect();
        }
        let leader = found.into_iter().find(|member| member.leads);
        let is_led = leader.is_some();
        if let Some(leader) = leader {
            known.current = leader.node;
        }
        is_led
    }
}

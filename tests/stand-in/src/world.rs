//! The cluster: its members, who leads, which faults wait, and the one database behind them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use feed::document;
use feed::media::Media;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::database::Database;
use crate::fault::{Concerns, Fault};
use crate::manners::Manners;
use crate::{Options, server};

/// Everything the members share.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) runtime: Handle,
    state: Mutex<State>,
    /// Moves whenever something happened that a waiting request may want to see.
    changes: watch::Sender<u64>,
    /// How often a member was started.
    starts: AtomicU32,
}

/// What the members share, behind one lock: nothing waits while it is held.
pub(crate) struct State {
    pub(crate) database: Database,
    pub(crate) members: Vec<Member>,
    pub(crate) leader: usize,
    /// How many leaders there have been.
    pub(crate) epoch: u64,
    /// Whether a fault keeps the majority from acknowledging anything.
    pub(crate) is_suspended: bool,
    faults: VecDeque<Fault>,
    made_ids: u64,
}

/// One server of the cluster.
#[derive(Default)]
pub(crate) struct Member {
    /// 0 before its first start.
    pub(crate) port: u16,
    /// How often it was started: what arrived before a kill is not handled after it.
    generation: u64,
    serving: Option<JoinHandle<()>>,
    is_stalled: bool,
    /// What it sees while it is held back: only places below.
    held_at: Option<u64>,
    /// The epoch it lived in last.
    pub(crate) epoch: u64,
    /// Whether it led when it last lived.
    pub(crate) led: bool,
}

impl Member {
    pub(crate) fn is_alive(&self) -> bool {
        self.serving.is_some()
    }

    fn counts(&self) -> bool {
        self.is_alive() && !self.is_stalled
    }
}

impl State {
    /// Tells whether enough members take part to acknowledge an append.
    pub(crate) fn has_majority(&self) -> bool {
        let counting = self.members.iter().filter(|member| member.counts()).count();
        counting * 2 > self.members.len() && !self.is_suspended
    }

    /// Tells whether a majority of members lives, answering or not.
    pub(crate) fn majority_lives(&self) -> bool {
        self.members.iter().filter(|member| member.is_alive()).count() * 2 > self.members.len()
    }

    /// Returns the place below which a member sees events.
    pub(crate) fn seen_by(&self, member: usize) -> u64 {
        let committed = self.database.committed();
        self.members[member].held_at.map_or(committed, |held| held.min(committed))
    }

    fn make_leader(&mut self, member: usize) {
        self.leader = member;
        self.epoch += 1;
        let (epoch, leader) = (self.epoch, self.leader);
        for (index, member) in self.members.iter_mut().enumerate().filter(|(_, member)| member.is_alive()) {
            member.epoch = epoch;
            member.led = index == leader;
        }
    }
}

impl World {
    pub(crate) fn new(options: Options, runtime: Handle) -> Arc<Self> {
        assert!(options.members > 0, "a cluster has members");
        let opened = options.file.as_deref().map(|path| Database::open(path).expect("the file can be read"));
        let state = State {
            database: opened.unwrap_or_default(),
            members: (0..options.members).map(|_| Member::default()).collect(),
            leader: 0,
            epoch: 1,
            is_suspended: false,
            faults: VecDeque::new(),
            made_ids: 0,
        };
        Arc::new(Self {
            options,
            runtime,
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
            starts: AtomicU32::new(0),
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread broke while it held the state")
    }

    /// Tells everything that waits to look again.
    pub(crate) fn announce(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(crate) fn members(&self) -> usize {
        self.options.members
    }

    pub(crate) fn address(&self, member: usize) -> String {
        format!("http://127.0.0.1:{}", self.state().members[member].port)
    }

    pub(crate) fn leader(&self) -> usize {
        self.state().leader
    }

    pub(crate) fn fail_next(&self, fault: Fault) {
        if let Fault::RedirectTo { member } = fault {
            assert!(member < self.members(), "there is no member {member}");
        }
        self.state().faults.push_back(fault);
    }

    pub(crate) fn faults_left(&self) -> usize {
        self.state().faults.len()
    }

    pub(crate) fn take_fault(&self, request: Concerns) -> Option<Fault> {
        let faults = &mut self.state().faults;
        let index = faults.iter().position(|fault| fault.concerns(request))?;
        faults.remove(index)
    }

    pub(crate) fn lines(&self, stream: &str) -> Vec<String> {
        let state = self.state();
        let events = state.database.events(stream, state.database.committed());
        events.iter().map(|stored| stored.event.data_text()).collect()
    }

    /// Starts a member where it is not running, at the port it had.
    pub(crate) fn start(self: &Arc<Self>, index: usize) {
        let mut state = self.state();
        let member = &mut state.members[index];
        if member.is_alive() {
            return;
        }
        self.starts.fetch_add(1, Ordering::SeqCst);
        let listener = std::net::TcpListener::bind(("127.0.0.1", member.port)).expect("the port is free");
        member.port = listener.local_addr().expect("a bound port has an address").port();
        member.generation += 1;
        member.is_stalled = false;
        let serving = server::serve(Arc::clone(self), index, member.generation, listener);
        member.serving = Some(self.runtime.spawn(serving));
        let epoch = state.epoch;
        let leads = state.leader == index;
        let member = &mut state.members[index];
        (member.epoch, member.led) = (epoch, leads);
        drop(state);
        self.settle_leader();
        self.announce();
    }

    /// Kills a member, and waits until its port is closed.
    pub(crate) fn kill(self: &Arc<Self>, index: usize) {
        let mut state = self.state();
        let Some(serving) = state.members[index].serving.take() else {
            return;
        };
        state.members[index].generation += 1;
        if state.leader == index {
            // What the others had not taken dies with the leader; a server of its own has nothing else to ask.
            state.database.roll_back();
            state.database.forget();
        }
        drop(state);
        serving.abort();
        while !serving.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.announce();
        self.settle_leader();
    }

    /// Where the leader is dead and a majority lives, one of them leads after a while.
    fn settle_leader(self: &Arc<Self>) {
        if self.leader_lives() {
            return;
        }
        let world = Arc::clone(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(world.options.election).await;
            world.elect();
        });
    }

    pub(crate) fn leader_lives(&self) -> bool {
        let state = self.state();
        state.members[state.leader].is_alive()
    }

    fn elect(&self) {
        let mut state = self.state();
        if state.members[state.leader].is_alive() || !state.majority_lives() {
            return;
        }
        let living = state.members.iter().position(Member::is_alive).expect("a majority lives");
        state.make_leader(living);
        drop(state);
        self.announce();
    }

    pub(crate) fn lead(&self, member: usize) {
        let mut state = self.state();
        assert!(state.members[member].is_alive(), "member {member} is dead");
        state.make_leader(member);
        drop(state);
        self.announce();
    }

    /// Returns the ETag of a stream whose newest event is `last`, in quotes.
    ///
    /// Takes no lock: a read may hold the state while it asks.
    pub(crate) fn tag(&self, last: i64, media: Media) -> String {
        match self.options.manners {
            Manners::Recorded => format!("\"{}\"", document::etag(last, media)),
            Manners::Newer => {
                format!(
                    "\"{last};{}\"",
                    media.tag() ^ self.starts.load(Ordering::SeqCst).wrapping_mul(0x9e37_79b9)
                )
            }
        }
    }

    /// Returns another number each time, for ids the server makes.
    pub(crate) fn next_id(&self) -> u64 {
        let mut state = self.state();
        state.made_ids += 1;
        state.made_ids
    }

    /// Lets nothing be acknowledged until [`resolve`](Self::resolve).
    pub(crate) fn suspend(&self) {
        self.state().is_suspended = true;
    }

    /// Commits what hangs, or takes it back.
    pub(crate) fn resolve(&self, is_kept: bool) {
        let mut state = self.state();
        state.is_suspended = false;
        if is_kept {
            state.database.commit();
        } else {
            state.database.roll_back();
        }
        drop(state);
        self.announce();
    }

    /// Makes the next living member the leader, where there is another.
    pub(crate) fn change_leader(&self) {
        let mut state = self.state();
        let count = state.members.len();
        let others = (1..count).map(|step| (state.leader + step) % count);
        if let Some(next) = others.into_iter().find(|index| state.members[*index].is_alive()) {
            state.make_leader(next);
        }
        drop(state);
        self.announce();
    }

    pub(crate) fn set_stalled(&self, member: usize, is_stalled: bool) {
        let mut state = self.state();
        state.members[member].is_stalled = is_stalled;
        // What the leader had kept for itself is committed as soon as enough others go on. (A real cluster may also
        // drop it, where it elects another leader first.)
        if state.has_majority() {
            state.database.commit();
        }
        drop(state);
        self.announce();
    }

    pub(crate) fn hold_back(&self, member: usize) {
        let mut state = self.state();
        state.members[member].held_at = Some(state.database.committed());
    }

    pub(crate) fn let_go(&self, member: usize) {
        self.state().members[member].held_at = None;
        self.announce();
    }

    /// Waits while a member stands still; `None` when it was killed meanwhile.
    pub(crate) async fn while_stalled(&self, member: usize, generation: u64) -> Option<()> {
        let mut changes = self.changes();
        loop {
            let (current, is_stalled) = {
                let state = self.state();
                let member = &state.members[member];
                (member.generation, member.is_stalled)
            };
            if current != generation {
                return None;
            }
            if !is_stalled {
                return Some(());
            }
            changes.changed().await.ok()?;
        }
    }
}

//! The one place that decides submissions, one after another, and appends what it accepted.
//!
//! Two threads take turns. One has the *seat*: it gathers what has arrived and decides it against the state ahead of
//! the log. To append, it takes the *turn*, leaves the seat to the other, and so the next group is decided while this
//! one is flushed. A group never changes threads, and there is exactly one append in flight.
//!
//! Locks are taken in the order seat, turn, durable state, inbox. After an append that did not happen, whoever next holds both seat
//! and turn throws the state ahead away, makes it again from the durable one, and decides again what is still open.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use domain::ledger::{Ledger, Problem, Submission};
use events::Recorded;
use projections::ReadModel;
use store::{EventLog, StoreError};
use uuid::Uuid;

use crate::clock::Clock;
use crate::group::Group;
use crate::load::{LoadError, catch_up};
use crate::submit::{self, Receipt, SubmitError};
use crate::ticket::Ticket;

/// Submissions that may wait to be decided, unless told otherwise.
const QUEUE: usize = 4_096;
/// How long an append waits for clients that the one before has just answered.
const GATHER: Duration = Duration::from_micros(60);
/// A group of so many lines takes longer to decide than to flush: it goes as soon as it can, so that the next one is
/// decided while it is appended.
const MANY_LINES: usize = 200;
/// One decides while the other appends.
const THREADS: usize = 2;

/// Decides and records submissions of many threads on one log.
pub struct Sequencer {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    queue: usize,
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    /// Submissions that have arrived and are not answered.
    open: AtomicUsize,
    seat: Mutex<Seat>,
    turn: Mutex<Turn>,
    /// What is durable. Its lock is taken by whoever has the turn, and may be kept longer.
    durable: RwLock<ReadModel>,
}

#[derive(Default)]
struct Inbox {
    tickets: VecDeque<Ticket>,
    closed: bool,
    /// Whether the turn is taken. Told here, so that whoever decides hears of it and of new submissions in one place.
    appending: bool,
}

/// Whoever has it decides.
struct Seat {
    /// The durable state, and all that was decided since.
    ahead: Ledger,
    /// How many appends had failed when `ahead` was made.
    failures: u64,
}

/// Whoever has it appends.
#[derive(Default)]
struct Turn {
    failures: u64,
    /// Submissions that were open when the last append was answered: those it answered, about to come back, and
    /// those that were waiting already.
    expected: usize,
}

impl Sequencer {
    /// Starts deciding at the end of `log`, which `model` has been loaded from.
    #[must_use]
    pub fn start(log: Arc<dyn EventLog>, model: ReadModel, clock: Arc<dyn Clock>) -> Self {
        Self::start_with_queue(log, model, clock, QUEUE)
    }

    /// As [`start`](Self::start), with room for `queue` submissions that wait to be decided.
    #[must_use]
    pub fn start_with_queue(
        log: Arc<dyn EventLog>,
        model: ReadModel,
        clock: Arc<dyn Clock>,
        queue: usize,
    ) -> Self {
        let shared = Arc::new(Shared {
            queue,
            log,
            clock,
            inbox: Mutex::default(),
            arrived: Condvar::new(),
            open: AtomicUsize::new(0),
            seat: Mutex::new(Seat { ahead: model.ledger().clone(), failures: 0 }),
            turn: Mutex::default(),
            durable: RwLock::new(model),
        });
        let threads = (0..THREADS).map(|_| {
            let shared = Arc::clone(&shared);
            let named = thread::Builder::new().name("sequencer".to_owned());
            named.spawn(move || Stops(&shared).work()).expect("the system gives a thread")
        });
        let threads = Mutex::new(threads.collect());
        Self { shared, threads }
    }

    /// Has a submission recorded; returns when it is durable. May be called from many threads.
    ///
    /// The same submission again gets the first receipt again, for ever.
    ///
    /// # Errors
    /// [`SubmitError`] says whether nothing was recorded or the outcome is unknown.
    pub fn submit(&self, submission: Submission) -> Result<Receipt, SubmitError> {
        // Encoded here, on the client's thread: only what needs the order is done in order.
        let (ticket, waiting) = Ticket::new(submit::prepare(submission)?);
        self.shared.enqueue(ticket)?;
        waiting.wait()
    }

    /// Says what is wrong with a submission or asks for a confirmation, by what is durable now. Records nothing.
    #[must_use]
    pub fn check(&self, submission: &Submission) -> Vec<Problem> {
        let now = self.shared.clock.now();
        self.with_model(|model| submit::problems(model.ledger(), submission, now))
    }

    /// The lines of a submission that is on record; none where it is not.
    ///
    /// # Errors
    /// When the lines cannot be read.
    pub fn recorded(&self, submission: &Uuid) -> Result<Option<Vec<Recorded>>, SubmitError> {
        let place = self.with_model(|model| model.ledger().place_of(submission));
        place.map(|place| submit::read_back(&*self.shared.log, place)).transpose()
    }

    /// Lets `read` look at what is durable. Appends wait for it, so it should be brief.
    pub fn with_model<T>(&self, read: impl FnOnce(&ReadModel) -> T) -> T {
        read(&self.model())
    }

    /// What is durable. While it is held nothing is published, so that several looks are of one size; receipts wait for it.
    pub fn model(&self) -> RwLockReadGuard<'_, ReadModel> {
        self.shared.durable.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many submissions have arrived and are not answered.
    #[must_use]
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// Takes over what other programs have appended to the log meanwhile; gives the size reached. Appends wait for it.
    ///
    /// # Errors
    /// [`LoadError`]; the lines before the one that does not fit have been taken over.
    pub fn catch_up(&self) -> Result<u64, LoadError> {
        let mut turn = self.shared.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut durable = self.shared.durable.write().unwrap_or_else(PoisonError::into_inner);
        let before = durable.size();
        let size = catch_up(&*self.shared.log, &mut *durable);
        if durable.size() > before {
            // As after a conflict: what was decided ahead is decided again behind these lines.
            turn.failures += 1;
        }
        size
    }

    /// Takes no more submissions, answers all that have arrived, and ends the threads. May be called again.
    pub fn shutdown(&self) {
        self.shared.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // A thread that panicked has told its clients by dropping their tickets.
        threads.into_iter().for_each(|thread| drop(thread.join()));
    }
}

impl Drop for Sequencer {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Works, and when it ends, in a panic too, closes the inbox: clients must not queue where nobody serves.
struct Stops<'a>(&'a Shared);

impl Stops<'_> {
    fn work(&self) {
        self.0.work();
    }
}

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut inbox = self.0.inbox();
            inbox.appending = false;
            let dropped = std::mem::take(&mut inbox.tickets);
            drop(inbox);
            drop(dropped);
        }
        self.0.close();
    }
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.inbox().closed = true;
        self.arrived.notify_all();
    }

    fn enqueue(&self, ticket: Ticket) -> Result<(), SubmitError> {
        let mut inbox = self.inbox();
        if inbox.closed {
            return Err(SubmitError::Stopped);
        }
        if inbox.tickets.len() >= self.queue {
            return Err(SubmitError::Busy { waiting: inbox.tickets.len() });
        }
        inbox.tickets.push_back(ticket);
        self.open.fetch_add(1, Ordering::Relaxed);
        drop(inbox);
        self.arrived.notify_one();
        Ok(())
    }

    /// Puts submissions back in front, in their order.
    fn requeue(&self, group: Group) {
        let mut inbox = self.inbox();
        group.into_tickets().rev().for_each(|ticket| inbox.tickets.push_front(ticket));
        drop(inbox);
        self.arrived.notify_one();
    }

    fn work(&self) {
        // A poisoned lock means that the other thread panicked over a broken invariant: nothing more is recorded.
        while let Ok(mut seat) = self.seat.lock() {
            if !self.wait_for_work() {
                return;
            }
            let mut group = Group::open(&seat.ahead, self.clock.now());
            self.decide_until_turn(&mut seat, &mut group);
            let Ok(turn) = self.turn.lock() else { return };
            if seat.failures != turn.failures {
                self.start_over(&mut seat, &turn, group);
                self.pass_on(turn);
            } else {
                self.gather(&mut seat, &turn, &mut group);
                drop(seat);
                self.record(turn, group);
            }
        }
    }

    /// Leaves the turn to whoever decides.
    fn pass_on(&self, turn: MutexGuard<'_, Turn>) {
        drop(turn);
        self.inbox().appending = false;
        self.arrived.notify_one();
    }

    /// Waits for a submission; says no when there will be none.
    fn wait_for_work(&self) -> bool {
        let idle = |inbox: &mut Inbox| inbox.tickets.is_empty() && !inbox.closed;
        let inbox = self.arrived.wait_while(self.inbox(), idle).unwrap_or_else(PoisonError::into_inner);
        !inbox.tickets.is_empty()
    }

    /// Decides what arrives until the group can be appended, and takes the turn.
    fn decide_until_turn(&self, seat: &mut Seat, group: &mut Group) {
        loop {
            let full = !self.decide_arrived(seat, group, |inbox| !inbox.appending);
            let waits = |inbox: &mut Inbox| inbox.appending && (full || inbox.tickets.is_empty());
            let inbox = self.arrived.wait_while(self.inbox(), waits);
            let mut inbox = inbox.unwrap_or_else(PoisonError::into_inner);
            if !inbox.appending {
                inbox.appending = true;
                return;
            }
        }
    }

    /// Decides what has arrived, as far as the group has room or should go; says no where the next has no room.
    fn decide_arrived(&self, seat: &mut Seat, group: &mut Group, may_go: impl Fn(&Inbox) -> bool) -> bool {
        loop {
            let mut inbox = self.inbox();
            let Some(ticket) = inbox.tickets.front() else { return true };
            if !group.has_room_for(ticket) {
                return false;
            }
            if group.lines() >= MANY_LINES && may_go(&inbox) {
                return true;
            }
            let ticket = inbox.tickets.pop_front().expect("just seen");
            drop(inbox);
            group.decide(&mut seat.ahead, ticket);
        }
    }

    /// Lets those join that the last append answered and that are about to come back. Costs at most [`GATHER`] beside
    /// a flush of about twice that, and saves them a flush.
    fn gather(&self, seat: &mut Seat, turn: &Turn, group: &mut Group) {
        let began = Instant::now();
        let waits = |group: &Group| group.lines() < MANY_LINES && group.len() < turn.expected;
        while self.decide_arrived(seat, group, |_| true) && waits(group) && began.elapsed() < GATHER {
            // Not asleep: being woken for each of them would cost more than the flush that is saved.
            thread::yield_now();
        }
    }

    /// Appends a group, passes the turn on, and answers the group's clients.
    fn record(&self, mut turn: MutexGuard<'_, Turn>, group: Group) {
        let result = group.append(&*self.log);
        // A crash from here on leaves durable lines without an answer; a retry gets its receipt from them.
        match result {
            Ok(()) => {
                turn.expected = self.open.fetch_sub(group.len(), Ordering::Relaxed);
                // Taken before the next can append, so that groups are published in their order; while this one is,
                // the next is flushed already.
                // Poisoned, it lacks lines of the group before: the turn is poisoned too, and nothing more is recorded.
                let mut durable = self.durable.write().expect("nobody has panicked while publishing");
                self.pass_on(turn);
                group.publish(&mut durable);
                drop(durable);
                group.answer(&*self.log);
            }
            Err(error) => {
                turn.failures += 1;
                turn.expected = 0;
                if matches!(error, SubmitError::Store(StoreError::Conflict { .. })) {
                    self.requeue(group);
                } else {
                    self.fail(group, &error);
                }
                self.pass_on(turn);
            }
        }
    }

    fn fail(&self, group: Group, error: &SubmitError) {
        self.open.fetch_sub(group.len(), Ordering::Relaxed);
        group.fail(error);
    }

    /// After a failed append: makes the state ahead from the log, and has the group decided again.
    fn start_over(&self, seat: &mut Seat, turn: &Turn, group: Group) {
        let mut durable = self.durable.write().unwrap_or_else(PoisonError::into_inner);
        match catch_up(&*self.log, &mut *durable) {
            Ok(_) => {
                seat.ahead = durable.ledger().clone();
                seat.failures = turn.failures;
                self.requeue(group);
            }
            // The next group comes here again.
            Err(error) => self.fail(group, &error.into()),
        }
    }
}

//! Submissions that share one append.

use chain::Instant;
use domain::ledger::{Ledger, Lines, Place, Rejection};
use projections::ReadModel;
use store::EventLog;

use crate::submit::{self, SubmitError, Verdict, borrowed, receipt, repeat};
use crate::ticket::{Answer, Ticket};

/// The most lines of one append, unless a single submission has more.
const MAX_LINES: usize = 4_096;
/// The most bytes of one append, roughly, unless a single submission has more.
const MAX_BYTES: usize = 2 << 20;
/// What a line has beside its data.
const ENVELOPE_BYTES: usize = 600;

/// What was decided on one submission. No answer goes out before the group is durable: even a rejection may rest on
/// lines that are not.
enum Outcome {
    /// The submission's number among those that are recorded.
    Recorded(usize),
    OnRecord(Place),
    Rejected(Rejection),
}

/// Submissions decided one after another, and the lines they become.
pub(crate) struct Group {
    at: Instant,
    first: u64,
    /// Of each submission that is to be recorded; their lines are many, and are not moved together.
    recorded: Vec<Lines>,
    lines: usize,
    bytes: usize,
    members: Vec<(Ticket, Outcome)>,
}

impl Group {
    /// Opens a group at a head; all of its lines will share one instant.
    pub fn open(ahead: &Ledger, now: Instant) -> Self {
        let head = ahead.head();
        Self {
            at: head.next_at(now),
            first: head.size,
            recorded: Vec::new(),
            lines: 0,
            bytes: 0,
            members: Vec::new(),
        }
    }

    /// How many submissions it has.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// How many lines they become.
    pub const fn lines(&self) -> usize {
        self.lines
    }

    /// Whether one more submission stays within the limits.
    pub fn has_room_for(&self, ticket: &Ticket) -> bool {
        let data = ticket.prepared().data();
        let bytes: usize = data.iter().map(|data| data.len() + ENVELOPE_BYTES).sum();
        self.members.is_empty() || (self.lines + data.len() <= MAX_LINES && self.bytes + bytes <= MAX_BYTES)
    }

    /// Decides one more submission and takes its lines over into the state ahead.
    pub fn decide(&mut self, ahead: &mut Ledger, ticket: Ticket) {
        let outcome = match submit::verdict(ahead, ticket.prepared(), self.at) {
            Verdict::OnRecord(place) => Outcome::OnRecord(place),
            Verdict::Rejected(rejection) => Outcome::Rejected(rejection),
            Verdict::Record(lines) => {
                for line in &lines {
                    ahead.apply(&line.recorded);
                    self.bytes += line.bytes.len();
                }
                self.lines += lines.len();
                self.recorded.push(lines);
                Outcome::Recorded(self.recorded.len() - 1)
            }
        };
        self.members.push((ticket, outcome));
    }

    /// Appends the lines. A group without lines asks whether it was decided at the log's head.
    pub fn append(&self, log: &dyn EventLog) -> Result<(), SubmitError> {
        submit::append(log, self.first, &borrowed(self.recorded.iter().flatten()))
    }

    /// Takes the durable lines over into what readers see.
    pub fn publish(&self, durable: &mut ReadModel) {
        submit::publish(durable, self.recorded.iter().flatten());
    }

    /// Tells every client what became of its submission, all of them durable or refused.
    pub fn answer(self, log: &dyn EventLog) {
        let recorded = self.recorded;
        for (ticket, outcome) in self.members {
            let answer: Answer = match outcome {
                Outcome::Recorded(number) => {
                    Ok(receipt(recorded[number].iter().map(|line| &line.recorded), false))
                }
                Outcome::OnRecord(place) => repeat(log, place, ticket.prepared()),
                Outcome::Rejected(rejection) => Err(rejection.into()),
            };
            ticket.answer(answer);
        }
    }

    /// Tells every client that its submission failed.
    pub fn fail(self, error: &SubmitError) {
        self.into_tickets().for_each(|ticket| ticket.answer(Err(error.clone())));
    }

    /// Gives the submissions back, to be decided again.
    pub fn into_tickets(self) -> impl DoubleEndedIterator<Item = Ticket> {
        self.members.into_iter().map(|(ticket, _)| ticket)
    }
}

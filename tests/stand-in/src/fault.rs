//! What can go wrong on demand.

use std::time::Duration;

/// Something that goes wrong once, with the next request it concerns.
///
/// Faults wait in the order they were given; a request takes the first that concerns it, and leaves the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next append is committed, and the connection ends without an answer.
    AnswerLost,
    /// The connection of the next append ends before anything is done with it.
    RequestLost,
    /// The next append is answered 500 "Write timeout" at once, and is committed after that time.
    ///
    /// Until then it is not to be read, but counts in `ES-CurrentVersion`.
    ErrorThenCommitted {
        /// How long until it is committed; zero: before the answer.
        after: Duration,
    },
    /// The next append is answered 500 "Write timeout" at once, and is gone after that time.
    ///
    /// Until then it counts in `ES-CurrentVersion`.
    ErrorThenGone {
        /// How long until it is gone; zero: before the answer.
        after: Duration,
    },
    /// The next request for a stream is answered 307 to the same path on that member, whoever leads.
    RedirectTo {
        /// Which member, from 0.
        member: usize,
    },
    /// Before the next append is handled, another living member becomes the leader.
    LeaderChange,
    /// The next request for a stream is answered only after that time.
    Slow(Duration),
    /// The body of the next answer to a read ends in its middle, and so does the connection.
    CutBody,
    /// The next append is committed and answered 413.
    TooLargeButWritten,
    /// The next read that does not ask for the leader misses the newest events, as on a follower that lags.
    StaleFollower {
        /// How many of the newest events of all streams it has not seen.
        behind: u64,
    },
    /// The next append is committed and not answered, and the member starts again on the same database.
    ///
    /// What it kept in memory, such as the ids of late events, is forgotten.
    Restart,
    /// The next request for a stream is answered 503; nothing is done with it.
    Unavailable {
        /// The seconds in `Retry-After`, where there is one.
        retry_after_s: Option<u32>,
    },
}

/// What a request is, as far as faults care.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concerns {
    Append,
    /// A read; whether the leader must answer it.
    Read {
        from_leader: bool,
    },
    Other,
}

impl Fault {
    pub(crate) fn concerns(&self, request: Concerns) -> bool {
        match self {
            Self::AnswerLost
            | Self::RequestLost
            | Self::ErrorThenCommitted { .. }
            | Self::ErrorThenGone { .. }
            | Self::LeaderChange
            | Self::TooLargeButWritten
            | Self::Restart => request == Concerns::Append,
            Self::CutBody => matches!(request, Concerns::Read { .. }),
            Self::StaleFollower { .. } => request == Concerns::Read { from_leader: false },
            Self::RedirectTo { .. } | Self::Slow(_) | Self::Unavailable { .. } => true,
        }
    }
}

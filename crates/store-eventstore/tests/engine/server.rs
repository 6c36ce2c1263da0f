//! A server with an empty stream for one test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use stand_in::{Fault, Options, StandIn};
use store_eventstore::{Address, EventStoreLog, Known, OpenError, Timing};

/// `http://host:port` of a real server that the tests may write to; without it they use the stand-in.
pub const REAL: &str = "LEDGER_TEST_EVENTSTORE";

/// The stand-in, or a real server.
pub struct Server {
    stand_in: Option<StandIn>,
    address: Address,
    stream: String,
}

/// A test does not wait as long as a program at work.
fn timing() -> Timing {
    Timing {
        answer: Duration::from_secs(5),
        after_silence: Duration::from_millis(500),
        pause: Duration::from_millis(20),
        longest_pause: Duration::from_millis(200),
        ..Timing::default()
    }
}

impl Server {
    /// Any server: one member.
    pub fn start() -> Self {
        match std::env::var(REAL) {
            Ok(real) => Self::at(None, &real),
            Err(_) => Self::stand_in(Options::default()),
        }
    }

    /// The stand-in, set up as asked: for what only it can be told to do.
    pub fn stand_in(options: Options) -> Self {
        let stand_in = StandIn::start(options);
        let address = stand_in.address();
        Self::at(Some(stand_in), &address)
    }

    fn at(stand_in: Option<StandIn>, address: &str) -> Self {
        static STREAMS: AtomicU32 = AtomicU32::new(0);
        let number = STREAMS.fetch_add(1, Ordering::Relaxed);
        // Nextest runs every test in a process of its own; a real server keeps what earlier runs wrote.
        let began = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
        let stream = format!("ledger-test-{began}-{}-{number}", std::process::id());
        let address = format!("eventstore+{address}/?stream={stream}").parse().unwrap();
        Self { stand_in, address, stream }
    }

    /// Which server it is.
    pub fn name(&self) -> &'static str {
        if self.stand_in.is_some() {
            "仿真服务器"
        } else {
            "真实服务器（LEDGER_TEST_EVENTSTORE）"
        }
    }

    pub fn open(&self) -> store::Result<EventStoreLog> {
        EventStoreLog::open(&self.address, &Known::default(), timing()).map_err(|error| match error {
            OpenError::Store(error) => error,
            OpenError::Connect(error) => panic!("{error}"),
        })
    }

    /// Starts the members again on the same database; a real server is left alone, it acknowledges what is durable.
    pub fn restart(&self) {
        if let Some(stand_in) = &self.stand_in {
            stand_in.restart();
        }
    }

    /// Lets the next requests go wrong.
    pub fn fail(&self, faults: &[Fault]) {
        let stand_in = self.stand_in.as_ref().expect("only the stand-in can be told to fail");
        faults.iter().for_each(|fault| stand_in.fail_next(fault.clone()));
    }

    /// How many faults no request has met yet.
    pub fn faults_left(&self) -> usize {
        self.stand_in.as_ref().map_or(0, StandIn::faults_left)
    }

    /// What the server holds, asked past the client.
    pub fn lines(&self) -> Vec<String> {
        self.stand_in.as_ref().expect("only the stand-in can be looked into").lines(&self.stream)
    }
}

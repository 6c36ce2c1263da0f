//! Faults everywhere: a script is run once for each operation it makes on the disk, and that operation fails.
//!
//! Every fault happens twice, with the effect lost and with the effect persisted. Afterwards the process restarts or
//! the power goes, and the log must hold every acknowledged line once, and nothing that nobody appended.

use std::io::ErrorKind;

use super::lines::{Scribe, borrowed};
use super::try_read_all;
use crate::disk::{Cut, Effect, Fault, SimDisk};
use crate::{EventLog, Result, StoreError};

/// Who appends, and remembers what the log has promised.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    scribe: Scribe,
    acknowledged: Vec<Vec<u8>>,
    /// The append whose outcome is not known.
    open: Option<Vec<Vec<u8>>>,
}

impl Witness {
    /// Number of acknowledged lines.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.acknowledged.len() as u64
    }

    /// Appends `count` lines as a writer should: settles what is not known before anything else.
    ///
    /// # Errors
    /// The log's answer, if the lines were not appended.
    pub fn append(&mut self, log: &impl EventLog, count: u32) -> Result<()> {
        let lines = self.scribe.clone().append(count, "见证");
        match log.append(self.size(), &borrowed(&lines)) {
            Ok(size) => {
                assert_eq!(size, self.size() + lines.len() as u64);
                self.accept(lines);
                Ok(())
            }
            Err(error @ StoreError::OutcomeUnknown { .. }) => {
                self.open = Some(lines);
                self.settle(log).and(Err(error))
            }
            Err(error @ StoreError::Unsettled) => self.settle(log).and(Err(error)),
            Err(error) => Err(error),
        }
    }

    /// Asks the log what became of the append whose outcome is not known.
    ///
    /// # Errors
    /// The log's answer, if it still does not know.
    ///
    /// # Panics
    /// If acknowledged lines are gone, or others are there.
    pub fn settle(&mut self, log: &impl EventLog) -> Result<()> {
        log.settle()?;
        self.check(log);
        Ok(())
    }

    /// Compares everything in the log with what was acknowledged.
    ///
    /// # Panics
    /// If an acknowledged line is missing, or a line is there that must not be.
    pub fn check(&mut self, log: &impl EventLog) {
        // A read that fails once has lost nothing: the fault of this run may be a read.
        let read = || try_read_all(log, 1000);
        let lines = read().or_else(|_| read()).expect("the log can be read");
        let known = self.acknowledged.len();
        assert!(lines.len() >= known, "{} of {known} acknowledged lines are there", lines.len());
        assert!(lines[..known] == self.acknowledged, "an acknowledged line is another");
        let open = self.open.take();
        if lines.len() > known {
            assert!(open.is_some_and(|open| open == lines[known..]), "lines that nobody appended");
            self.accept(lines[known..].to_vec());
        }
    }

    fn accept(&mut self, lines: Vec<Vec<u8>>) {
        if let Some(last) = lines.last() {
            self.scribe = Scribe::after(self.size() + lines.len() as u64 - 1, last);
        }
        self.acknowledged.extend(lines);
    }
}

/// What is run under faults.
pub struct Trial<'a, L> {
    /// Opens the log.
    pub open: &'a dyn Fn(&SimDisk) -> Result<L>,
    /// Opens the log, works on it, and goes on after errors as far as it can.
    pub script: &'a dyn Fn(&SimDisk, &mut Witness),
    /// What the failing operation answers.
    pub error: ErrorKind,
}

/// What happens after the script.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Restart,
    PowerCut(Cut),
}

const ENDINGS: [Ending; 9] = [
    Ending::Restart,
    Ending::PowerCut(Cut::Nothing),
    Ending::PowerCut(Cut::Everything),
    Ending::PowerCut(Cut::Some(1)),
    Ending::PowerCut(Cut::Some(2)),
    Ending::PowerCut(Cut::Some(3)),
    Ending::PowerCut(Cut::Some(4)),
    Ending::PowerCut(Cut::Some(5)),
    Ending::PowerCut(Cut::Some(6)),
];

impl<L: EventLog> Trial<'_, L> {
    /// Lets each operation of the script fail once, each way; returns how many runs there were.
    ///
    /// # Panics
    /// If the log breaks its promise in one of them; the message names the fault.
    pub fn one_fault(&self) -> u64 {
        let mut runs = 0;
        for fault in self.faults() {
            for ending in ENDINGS {
                let (disk, mut witness) = self.run(fault, ending);
                self.goes_on(&disk, &mut witness);
                runs += 1;
            }
        }
        runs
    }

    /// As [`one_fault`](Self::one_fault), and each operation of the recovery after it fails too.
    ///
    /// # Panics
    /// If the log breaks its promise in one of them; the message names the first fault.
    pub fn two_faults(&self) -> u64 {
        let mut runs = 0;
        for fault in self.faults() {
            let ending = Ending::PowerCut(Cut::Some(fault.operation));
            for effect in [Effect::Lost, Effect::Persisted] {
                for step in 0.. {
                    let (disk, mut witness) = self.run(fault, ending);
                    let second = Fault { operation: disk.operations() + step, effect, ..fault };
                    disk.fail(second);
                    drop((self.open)(&disk));
                    let done = disk.operations() <= second.operation;
                    disk.crash(Cut::Some(fault.operation + step));
                    self.goes_on(&disk, &mut witness);
                    runs += 1;
                    if done {
                        break;
                    }
                }
            }
        }
        runs
    }

    fn faults(&self) -> impl Iterator<Item = Fault> + use<'_, L> {
        let disk = SimDisk::new();
        (self.script)(&disk, &mut Witness::default());
        let effects = [Effect::Lost, Effect::Persisted];
        (0..disk.operations())
            .flat_map(move |operation| effects.map(|effect| Fault { operation, effect, error: self.error }))
    }

    fn run(&self, fault: Fault, ending: Ending) -> (SimDisk, Witness) {
        let (disk, mut witness) = (SimDisk::new(), Witness::default());
        disk.fail(fault);
        let _told_on_panic = TriedFaults(vec![fault]);
        (self.script)(&disk, &mut witness);
        if let Ending::PowerCut(cut) = ending {
            disk.crash(cut);
        }
        (disk, witness)
    }

    /// Opens, compares, appends, cuts the power once more, compares again.
    fn goes_on(&self, disk: &SimDisk, witness: &mut Witness) {
        let _told_on_panic = TriedFaults(disk.faults());
        disk.heal();
        let log = (self.open)(disk).unwrap_or_else(|error| panic!("the ledger does not open: {error}"));
        witness.check(&log);
        witness.append(&log, 2).unwrap_or_else(|error| panic!("the ledger does not go on: {error}"));
        drop(log);
        disk.crash(Cut::Nothing);
        let log = (self.open)(disk).unwrap_or_else(|error| panic!("the ledger does not open again: {error}"));
        witness.check(&log);
    }
}

/// Says which faults were being tried when a test panics.
struct TriedFaults(Vec<Fault>);

impl Drop for TriedFaults {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("under {:?}", self.0);
        }
    }
}

//! Parsing and hashing on a second core while the first one follows the chain.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};

use chain::verify::Checked;

/// Lines that one core takes at a time.
const BLOCK: usize = 512;
/// Blocks that may lie ready: a bound on memory.
const AHEAD: usize = 16;

struct State<'a> {
    /// The next block that nobody has taken.
    next: usize,
    /// The block that is wanted next, in order.
    wanted: usize,
    ready: BTreeMap<usize, Vec<Checked<'a>>>,
}

struct Work<'a, 'b> {
    lines: &'b [&'a [u8]],
    state: Mutex<State<'a>>,
    changed: Condvar,
}

impl<'a> Work<'a, '_> {
    fn blocks(&self) -> usize {
        self.lines.len().div_ceil(BLOCK)
    }

    fn check(&self, block: usize) -> Vec<Checked<'a>> {
        let end = self.lines.len().min((block + 1) * BLOCK);
        self.lines[block * BLOCK..end].iter().map(|line| Checked::of(line)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<'a>> {
        self.state.lock().expect("a thread that panicked ends the audit")
    }

    /// The second core: takes blocks until there are none.
    fn run(&self) {
        loop {
            let mut state = self.lock();
            while state.next < self.blocks() && state.next > state.wanted + AHEAD {
                state = self.changed.wait(state).expect("a thread that panicked ends the audit");
            }
            if state.next >= self.blocks() {
                return;
            }
            let block = state.next;
            state.next += 1;
            drop(state);
            let checked = self.check(block);
            self.lock().ready.insert(block, checked);
            self.changed.notify_all();
        }
    }

    /// The first core: gives block `wanted`, taking blocks itself while it waits.
    fn take(&self, wanted: usize) -> Vec<Checked<'a>> {
        let mut state = self.lock();
        state.wanted = wanted;
        self.changed.notify_all();
        loop {
            if let Some(block) = state.ready.remove(&wanted) {
                return block;
            }
            if state.next < self.blocks() && state.next <= wanted + AHEAD {
                let block = state.next;
                state.next += 1;
                drop(state);
                let checked = self.check(block);
                state = self.lock();
                state.ready.insert(block, checked);
            } else {
                state = self.changed.wait(state).expect("a thread that panicked ends the audit");
            }
        }
    }
}

/// Parses and hashes `lines` on two cores; hands them to `each` in order, with their numbers.
pub(crate) fn check_in_order<'a>(lines: &[&'a [u8]], mut each: impl FnMut(usize, &Checked<'a>)) {
    let state = State { next: 0, wanted: 0, ready: BTreeMap::new() };
    let work = Work { lines, state: Mutex::new(state), changed: Condvar::new() };
    std::thread::scope(|scope| {
        if work.blocks() > 1 {
            scope.spawn(|| work.run());
        }
        for block in 0..work.blocks() {
            for (offset, checked) in work.take(block).iter().enumerate() {
                each(block * BLOCK + offset, checked);
            }
        }
    });
}

//! Parsing and hashing on a second core while the first one follows the chain.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};

use chain::verify::Checked;

/// Lines that one core takes at a time.
const BLOCK: usize = 512;
/// Blocks that may lie ready: a bound on memory.
const AHEAD: usize = 16;

/// A checked line, with what the caller had made of it on the same core.
pub(crate) type Made<'a, D> = (Checked<'a>, D);

struct State<'a, D> {
    /// The next block that nobody has taken.
    next: usize,
    /// The block that is wanted next, in order.
    wanted: usize,
    ready: BTreeMap<usize, Vec<Made<'a, D>>>,
}

struct Work<'a, 'b, D, F> {
    lines: &'b [&'a [u8]],
    make: F,
    state: Mutex<State<'a, D>>,
    changed: Condvar,
}

impl<'a, D, F: Fn(&Checked<'a>) -> D> Work<'a, '_, D, F> {
    fn blocks(&self) -> usize {
        self.lines.len().div_ceil(BLOCK)
    }

    fn check(&self, block: usize) -> Vec<Made<'a, D>> {
        let end = self.lines.len().min((block + 1) * BLOCK);
        let checked = self.lines[block * BLOCK..end].iter().map(|line| Checked::of(line));
        checked
            .map(|checked| {
                let made = (self.make)(&checked);
                (checked, made)
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<'a, D>> {
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
    fn take(&self, wanted: usize) -> Vec<Made<'a, D>> {
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

/// Parses and hashes `lines` and calls `make` on each, on two cores; hands them to `each` in order, with their numbers.
pub(crate) fn check_in_order<'a, D: Send>(
    lines: &[&'a [u8]],
    make: impl Fn(&Checked<'a>) -> D + Sync,
    mut each: impl FnMut(usize, &Checked<'a>, D),
) {
    let state = State { next: 0, wanted: 0, ready: BTreeMap::new() };
    let work = Work { lines, make, state: Mutex::new(state), changed: Condvar::new() };
    std::thread::scope(|scope| {
        if work.blocks() > 1 {
            scope.spawn(|| work.run());
        }
        for block in 0..work.blocks() {
            for (offset, (checked, made)) in work.take(block).into_iter().enumerate() {
                each(block * BLOCK + offset, &checked, made);
            }
        }
    });
}

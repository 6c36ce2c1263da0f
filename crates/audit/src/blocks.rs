//! Work on lines on other cores while the first one follows the chain.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard};

/// Lines that one core takes at a time.
const BLOCK: usize = 256;
/// Blocks that may lie ready: a bound on memory.
const AHEAD: usize = 16;

struct State<M> {
    /// The next block that nobody has taken.
    next: usize,
    /// The block that is wanted next, in order.
    wanted: usize,
    ready: BTreeMap<usize, Vec<M>>,
}

struct Work<'a, 'b, M, F> {
    lines: &'b [&'a [u8]],
    make: F,
    state: Mutex<State<M>>,
    changed: Condvar,
}

impl<'a, 'b, M, F: Fn(&'b [&'a [u8]]) -> Vec<M>> Work<'a, 'b, M, F> {
    fn blocks(&self) -> usize {
        self.lines.len().div_ceil(BLOCK)
    }

    fn make(&self, block: usize) -> Vec<M> {
        let begin = block * BLOCK;
        (self.make)(&self.lines[begin..self.lines.len().min(begin + BLOCK)])
    }

    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock().expect("a thread that panicked ends the audit")
    }

    /// Another core: takes blocks until there are none.
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
            let made = self.make(block);
            self.lock().ready.insert(block, made);
            self.changed.notify_all();
        }
    }

    /// The first core: gives block `wanted`, taking blocks itself while it waits.
    fn take(&self, wanted: usize) -> Vec<M> {
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
                let made = self.make(block);
                state = self.lock();
                state.ready.insert(block, made);
            } else {
                state = self.changed.wait(state).expect("a thread that panicked ends the audit");
            }
        }
    }
}

/// Calls `make` on blocks of lines, on so many threads, and hands what it made of each line to `each` in order, with
/// the line's number.
pub(crate) fn in_order<'a, 'b, M: Send>(
    threads: NonZeroUsize,
    lines: &'b [&'a [u8]],
    make: impl Fn(&'b [&'a [u8]]) -> Vec<M> + Sync,
    mut each: impl FnMut(usize, M),
) {
    let state = State { next: 0, wanted: 0, ready: BTreeMap::new() };
    let work = Work { lines, make, state: Mutex::new(state), changed: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 1..threads.get().min(work.blocks()) {
            scope.spawn(|| work.run());
        }
        for block in 0..work.blocks() {
            for (offset, made) in work.take(block).into_iter().enumerate() {
                each(block * BLOCK + offset, made);
            }
        }
    });
}

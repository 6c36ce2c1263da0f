//! The same work on many things, on several threads; what comes of it stands in the things' order.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `make` on each item, on at most so many threads.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], threads: usize, make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return made };
            made.push((index, make(item)));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(items.len())).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        others.into_iter().for_each(|other| all.extend(other.join().expect("a panic ends the audit")));
        all
    });
    all.sort_unstable_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_items_whatever_the_threads() {
        let items: Vec<u32> = (0..1_000).collect();
        for threads in [0, 1, 2, 8, 2_000] {
            assert!(map(&items, threads, |item| item * 2).into_iter().eq((0..1_000).map(|item| item * 2)));
        }
        assert!(map(&[0_u8; 0], 8, |item| *item).is_empty());
    }
}

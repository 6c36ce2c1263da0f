//! Full pages that were read and checked: they never change, so they need not be asked for again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use store::LineBatch;

/// The most bytes of lines that are kept.
const MAX_BYTES: usize = 16 << 20;

/// The pages that were read last.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    kept: Mutex<VecDeque<Arc<LineBatch>>>,
}

impl Pages {
    /// The page that has the line at `position`, if it is kept.
    pub fn with(&self, position: u64) -> Option<Arc<LineBatch>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|page| page.first() <= position && position < page.next())?;
        let page = kept.remove(at)?;
        kept.push_back(Arc::clone(&page));
        Some(page)
    }

    /// Keeps a full page; the ones that were not used for longest go.
    pub fn keep(&self, page: Arc<LineBatch>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| other.first() != page.first());
        kept.push_back(page);
        let mut bytes: usize = kept.iter().map(|page| page.as_bytes().len()).sum();
        while bytes > MAX_BYTES && kept.len() > 1 {
            bytes -= kept.pop_front().map_or(0, |page| page.as_bytes().len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(first: u64, lines: usize, bytes: usize) -> Arc<LineBatch> {
        let mut page = LineBatch::new(first);
        (0..lines).for_each(|_| page.push(&vec![b'x'; bytes]));
        Arc::new(page)
    }

    #[test]
    fn pages_are_found_by_position_and_the_least_used_go() {
        let pages = Pages::default();
        (0..3).for_each(|k| pages.keep(page(k * 2, 2, 3 << 20)));
        assert!(pages.with(1).is_none(), "three pages of 6 MiB are too many");
        assert_eq!(pages.with(3).unwrap().first(), 2);
        pages.keep(page(6, 2, 3 << 20));
        assert!(pages.with(4).is_none() && pages.with(2).is_some());
    }
}

//! The programs' memory allocator: mimalloc, told to keep freed memory for a while.
//!
//! By itself it gives memory back to the system after 100 ms. A ledger that records submissions frees and needs the
//! same megabytes all the time: giving them back and having them cleared again cost a fifth of the throughput in
//! batches, in stalls of 30 ms (docs/performance.md).

pub use mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's `mimalloc.h`; the bindings do not name it.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
/// Milliseconds; mimalloc waits ten times as long for the large areas that nearly all memory is in.
const KEPT_MS: std::ffi::c_long = 1_000;

/// Keeps freed memory for ten seconds. To be called once, first thing in `main`; an environment variable
/// `MIMALLOC_PURGE_DELAY` is overruled.
#[expect(unsafe_code, reason = "mimalloc has no safe way to set an option")]
pub fn keep_freed_memory() {
    // SAFETY: sets a number in a table of mimalloc's own, which it reads whenever it frees; nothing is aliased.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, KEPT_MS) }
}

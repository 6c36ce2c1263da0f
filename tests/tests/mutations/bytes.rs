//! One flip in each byte of each file.

use std::path::PathBuf;

use crate::check::{self, Outcome, Right};
use crate::fields;
use crate::ledger::{self, Built};
use crate::matrix::Matrix;

/// Bytes of one file that a thread takes at a time.
const TOGETHER: usize = 512;

/// What to flip.
pub struct Job {
    file: PathBuf,
    kind: &'static str,
    fields: Vec<String>,
    range: std::ops::Range<usize>,
    /// Whether the saved state's own hash is made right again, as somebody would who means to deceive.
    rehashed: bool,
}

/// All jobs over a ledger's files.
pub fn jobs(built: &Built) -> Vec<Job> {
    let mut jobs = Vec::new();
    for file in check::files(built) {
        let Some(kind) = fields::kind(&file) else { continue };
        let bytes = std::fs::read(built.outer().join(&file)).unwrap();
        let fields = fields::of(kind, &bytes);
        for begin in (0..bytes.len()).step_by(TOGETHER) {
            let range = begin..bytes.len().min(begin + TOGETHER);
            let job = |rehashed| Job {
                file: file.clone(),
                kind: if rehashed { "saved state, its hash made right" } else { kind },
                fields: fields[range.clone()].to_vec(),
                range: range.clone(),
                rehashed,
            };
            jobs.push(job(false));
            jobs.extend((kind == "saved state" && range.end > fields::STATE_HEADER).then(|| job(true)));
        }
    }
    jobs
}

/// Runs a job on a ledger of its own, which is as before when it ends.
pub fn run(job: &Job, built: &Built, right: &Right, matrix: &mut Matrix) {
    let path = built.outer().join(&job.file);
    let bytes = std::fs::read(&path).unwrap();
    for (at, field) in job.range.clone().zip(&job.fields) {
        if job.rehashed && at < fields::STATE_HEADER {
            continue;
        }
        let mut changed = bytes.clone();
        // A digit stays one, mostly, and a letter a letter: what is still well formed is what is hard to find.
        changed[at] ^= 1 << (at % 3);
        if job.rehashed {
            fields::rehash_state(&mut changed);
        }
        std::fs::write(&path, &changed).unwrap();
        let state = job.kind.starts_with("saved state");
        let outcome = if state { right.fsck(built) } else { right.verify(built) };
        assert_ne!(outcome, Outcome::Missed, "{} byte {at}", path.display());
        matrix.add(job.kind, field, outcome);
    }
    std::fs::write(&path, bytes).unwrap();
}

/// Runs all jobs, each thread on a ledger of its own; how many there are is no part of the result.
pub fn run_all(jobs: &[Job], right: &Right) -> Matrix {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let (built, mut matrix) = (ledger::build(), Matrix::default());
        while let Some(job) = jobs.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            run(job, &built, right, &mut matrix);
        }
        matrix
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(Matrix::default(), Matrix::and)
    })
}

//! No bytes make the checker of a cell proof panic, and none prove anything but the seeds' own ledger. The bytes are taken twice: as
//! the file, and as the text in it, since changed bytes seldom unpack.
#![no_main]

use audit::cell_proof::{Trust, check};
use chain::note::VerifierKey;
use libfuzzer_sys::fuzz_target;

/// The key that signed the seed's head.
const LOG: &str = include_str!("../seeds/signed_note/vkey");

fuzz_target!(|bytes: &[u8]| {
    let log: VerifierKey = LOG.trim_end().parse().expect("the seed is a key");
    let packed = zstd::encode_all(bytes, 1).expect("compressing in memory does not fail");
    for file in [bytes, &packed] {
        let report = check(file, &Trust::Own);
        assert!(report.findings.iter().all(|own| !own.message_zh.is_empty()));
        let report = check(file, &Trust::Key(log.clone()));
        assert!(report.result.is_some() || !report.findings.is_empty());
    }
});

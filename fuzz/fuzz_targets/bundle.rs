//! No bytes make the reader of a year's bundle panic. The bytes are taken three times: as the file, as its manifest, and as the
//! manifest in a file that is well made around it.
#![no_main]

use audit::bundle::{inspect, read_manifest};
use libfuzzer_sys::fuzz_target;

const BLOCK: usize = 512;

fuzz_target!(|bytes: &[u8]| {
    let read = inspect(bytes);
    assert!(read.is_ok() || !read.unwrap_err().is_empty());
    let manifest = read_manifest(bytes);
    if !bytes.is_empty() {
        assert_eq!(inspect(&packed(bytes)).is_ok(), manifest.is_ok());
    }
});

/// A file with nothing but a manifest.
fn packed(manifest: &[u8]) -> Vec<u8> {
    let mut file = vec![0; BLOCK];
    let mut put = |at: usize, text: &str| file[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, "manifest.jsonl");
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", manifest.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = file.iter().map(|byte| u32::from(*byte)).sum();
    file[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    file.extend_from_slice(manifest);
    file.resize(file.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    file
}

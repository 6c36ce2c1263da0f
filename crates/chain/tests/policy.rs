//! A policy that is refused names the line that is wrong: it is a file that a person wrote. And what is a key at all.

use chain::note::{VerifierKey, encode_base64};
use chain::policy::Policy;
use sha2::{Digest as _, Sha256};

const LOG: &str = "log example.com/log+b2ac2b7c+AWJ8RwxTCWOsRiZNJLxcmGWGZkgcnLVZxs7Ha4ou9fJw";

fn refused_line(text: &str) -> usize {
    Policy::parse(text.as_bytes()).unwrap_err().line
}

#[test]
fn a_refused_policy_names_its_line() {
    let log = LOG.replace("b2ac2b7c", "00000000");
    assert_eq!(refused_line("quorum none\nnonsense\n"), 2);
    assert_eq!(refused_line("# a comment\n\nquorum nobody\n"), 3);
    assert_eq!(refused_line(&format!("# the key's id is wrong\n{log}\nquorum none\n")), 2);
    assert_eq!(refused_line("# nothing else\n"), 2, "after the last line the quorum is missing");
}

/// A key as text, with the right id, whatever its type and bytes.
fn vkey(name: &str, kind: u8, key: &[u8]) -> String {
    let bytes = [&[kind], key].concat();
    let id = Sha256::digest([name.as_bytes(), b"\n", &bytes].concat());
    let id: String = id[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}+{id}+{}", encode_base64(&bytes))
}

#[test]
fn a_key_has_bytes_and_a_known_type_as_many_as_it_takes() {
    let read = |kind, key: &[u8]| vkey("example.com/log", kind, key).parse::<VerifierKey>().is_ok();
    assert!(read(1, &[7; 32]) && read(4, &[7; 32]));
    assert!(!read(1, &[7; 31]) && !read(4, &[7; 33]) && !read(1, &[]));
    // Of a type that nobody here knows the length is not known either, but nothing is no key.
    assert!(read(9, &[7]) && !read(9, &[]));
    assert!(vkey("a log", 1, &[7; 32]).parse::<VerifierKey>().is_err(), "a blank in the name");
    let log: VerifierKey = vkey("example.com/log", 1, &[7; 32]).parse().unwrap();
    let witness: VerifierKey = vkey("example.com/log", 4, &[7; 32]).parse().unwrap();
    assert!(log.is_ed25519() && !witness.is_ed25519());
}

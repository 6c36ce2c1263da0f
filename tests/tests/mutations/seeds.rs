//! What fuzzing begins with: proofs, requests and a bundle of this ledger, committed under `fuzz/seeds/`.

use audit::bundle;
use audit::cell_proof::{self, Asked, Trust};
use chain::hash::leaf_hash;
use chain::note::encode_base64;
use chain::proof::Proof;
use chain::tree::{consistency_proof, inclusion_proof};

use crate::ledger::{self, Built, Key};

/// Each seed by its place.
fn seeds(built: &Built) -> Vec<(&'static str, Vec<u8>)> {
    let ledger = built.ledger();
    let head = std::fs::read(ledger.join("checkpoint")).unwrap();
    let vkey = format!("{}\n", Key::of_heads(2).verifier());
    let mut lines = Vec::new();
    audit::replay(&ledger, &audit::Options::default(), |line, _| lines.push(line.bytes.to_vec())).unwrap();
    let leaves: Vec<_> = lines.iter().map(|line| leaf_hash(line)).collect();
    let hashes = inclusion_proof(&leaves, 20).unwrap();
    let proof = Proof { extra: None, index: 20, hashes, note: head.clone() };
    let policy = format!("log {vkey}witness w {vkey}quorum w\n");
    let mut grows = String::from("old 24\n");
    for hash in consistency_proof(&leaves, 24).unwrap() {
        grows.push_str(&format!("{}\n", encode_base64(&hash.0)));
    }
    let request = |begin: &str| [begin.as_bytes(), b"\n", &head].concat();
    let cell = cell(built);
    assert!(cell_proof::check(&cell, &Trust::Key(Key::of_heads(2).verifier().clone())).findings.is_empty());
    let (manifest, file) = bundled(built);
    vec![
        ("signed_note/vkey", vkey.into_bytes()),
        ("signed_note/head", head.clone()),
        ("signed_note/policy", policy.into_bytes()),
        ("tlog_proof/line-20", proof.to_bytes()),
        ("witness_request/grows", request(&grows)),
        ("witness_request/first", request("old 0\n")),
        ("cell_proof/text", zstd::decode_all(&cell[..]).unwrap()),
        ("bundle/manifest", manifest),
        ("bundle/file", file),
    ]
}

fn cell(built: &Built) -> Vec<u8> {
    let asked = Asked {
        plan: None,
        indicator: "r".parse().unwrap(),
        area: "guixi".parse().unwrap(),
        as_of: "2022-12-31".parse().unwrap(),
    };
    cell_proof::make(&built.ledger(), &asked).unwrap()
}

/// The manifest of the year's bundle, and a file of the bundle.
fn bundled(built: &Built) -> (Vec<u8>, Vec<u8>) {
    let folder = built.outer().join("bundle");
    std::fs::create_dir(&folder).unwrap();
    bundle::make(&built.ledger(), 2022, &folder).unwrap();
    let file = built.outer().join("bundle.tar.zst");
    bundle::pack(&folder, &file).unwrap();
    let (manifest, file) =
        (std::fs::read(folder.join("manifest.jsonl")).unwrap(), std::fs::read(file).unwrap());
    assert_eq!(bundle::inspect(&file), bundle::read_manifest(&manifest));
    (manifest, file)
}

#[test]
fn what_fuzzing_begins_with_is_of_this_ledger() {
    let folder = scenarios::repository().join("fuzz/seeds");
    for (name, seed) in seeds(&ledger::build()) {
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(folder.join(name), &seed).unwrap();
        }
        let committed = std::fs::read(folder.join(name)).unwrap();
        // Another version of the compressor may pack the same file otherwise.
        if name == "bundle/file" {
            assert_eq!(bundle::inspect(&committed), bundle::inspect(&seed));
        } else {
            assert!(committed == seed, "{name} is of another ledger: UPDATE_GOLDEN=1 makes it anew");
        }
    }
}

//! Tree heads at the command line: proofs that travel, a restored backup, a new key, words and a picture for print.

mod common;

use std::path::Path;
use std::process::Command;

use common::{Desk, lines};

const APRIL: &str =
    "--ledger L period open 2022-05 --starts 2022-04-26 --ends 2022-05-25 --due 2022-05-30T18:00";
const JUNE: &str =
    "--ledger L period open 2022-06 --starts 2022-05-26 --ends 2022-06-25 --due 2022-06-30T18:00";

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp starts");
    assert!(copied.success());
}

/// The ledger's verifier key, as `init` and `key rotate` say it, from the opening line.
fn log_key(desk: &Desk) -> String {
    let opening: serde_json::Value = serde_json::from_str(&lines(&desk.path("L"))[0]).unwrap();
    opening["data"]["log_key"].as_str().unwrap().to_owned()
}

#[test]
fn a_proof_is_checked_with_the_line_and_a_key_alone() {
    let desk = Desk::opened();
    let key = log_key(&desk);
    desk.run("--ledger L prove 17 -o 17.tlog-proof --line-output 17.json").with(0);
    let line = &lines(&desk.path("L"))[17];
    assert_eq!(&std::fs::read_to_string(desk.path("17.json")).unwrap(), line);
    let hash = desk.json("--ledger L prove 17")["hash"].as_str().unwrap().to_owned();
    let by_hash = desk.json(&format!("--ledger L prove {hash}"));
    assert_eq!(by_hash["position"], 17);
    assert_eq!(
        by_hash["proof"].as_str().unwrap(),
        std::fs::read_to_string(desk.path("17.tlog-proof")).unwrap()
    );

    // Somewhere else: no ledger, only two files and a key.
    std::fs::rename(desk.path("L"), desk.path("gone")).unwrap();
    let verified = desk.json(&format!("verify-proof 17.tlog-proof --line 17.json --key {key}"));
    assert_eq!((&verified["verified"], &verified["position"]), (&true.into(), &17.into()));
    std::fs::write(desk.path("lf.json"), format!("{line}\n")).unwrap();
    desk.run(&format!("verify-proof 17.tlog-proof --line lf.json --key {key}")).with(0);

    std::fs::write(desk.path("other.json"), line.replacen("\"position\":17", "\"position\":18", 1)).unwrap();
    let refused = desk.run(&format!("verify-proof 17.tlog-proof --line other.json --key {key}")).with(1);
    assert!(refused.out.contains("证明不成立（inclusion）"), "{}", refused.out);
    let other =
        desk.json("key new --unit yingtan.example other.key")["verifier_key"].as_str().unwrap().to_owned();
    desk.run(&format!("verify-proof 17.tlog-proof --line 17.json --key {other}")).with(1);
    desk.run("verify-proof 17.tlog-proof --line 17.json --key x").with(2);
    desk.run("verify-proof 17.tlog-proof --line 17.json").with(2);
}

#[test]
fn damaged_tiles_give_no_wrong_proof_and_can_be_rebuilt() {
    let desk = Desk::opened();
    let whole = desk.run("--ledger L prove 3").with(0).out;
    let tile = desk.path("L/tile/0/000");
    let bytes = std::fs::read(&tile).unwrap();
    let mut damaged = bytes.clone();
    damaged[64] ^= 1;
    std::fs::write(&tile, damaged).unwrap();
    let told = desk.run("--ledger L prove 3").with(0);
    assert_eq!(told.out, whole);
    assert!(told.err.contains("哈希瓦片有误"), "{}", told.err);
    assert!(desk.run("verify L").with(1).out.contains("tile"));
    desk.run("--ledger L head --rebuild-tiles").with(0);
    assert_eq!(std::fs::read(&tile).unwrap(), bytes);
    desk.run("verify L").with(0);
}

#[test]
fn lines_are_written_as_entry_bundles_for_whoever_serves_the_ledger_as_files() {
    let desk = Desk::opened();
    let tiles = |desk: &Desk| desk.json("verify L")["report"]["tiles"].as_u64().unwrap();
    let before = tiles(&desk);
    let written = lines(&desk.path("L"));
    let told = desk.run("--ledger L head --entries").with(0).out;
    let bundles = written.len().div_ceil(256) as u64;
    assert!(told.contains(&format!("{bundles} 个条目包")), "{told}");
    assert_eq!(tiles(&desk), before + bundles, "an audit compares them all");
    let first = desk.path("L/tile/entries/000");
    let bytes = std::fs::read(&first).unwrap();
    let line = written[0].as_bytes();
    assert_eq!(bytes[..2], u16::try_from(line.len()).unwrap().to_be_bytes());
    assert_eq!(&bytes[2..line.len() + 2], line);

    // Of later lines there are none before it is asked for again; what is wrong is found and made again.
    desk.run(APRIL).with(0);
    desk.run("verify L").with(0);
    std::fs::write(&first, &bytes[..bytes.len() - 1]).unwrap();
    assert!(desk.run("verify L").with(1).out.contains("tile"));
    desk.run("--ledger L head --entries").with(0);
    assert_eq!(std::fs::read(&first).unwrap(), bytes);
    desk.run("verify L").with(0);
}

#[test]
fn a_restored_backup_takes_no_lines_until_it_says_what_was_lost() {
    let desk = Desk::opened();
    copy(&desk.path("L"), &desk.path("backup"));
    desk.run(APRIL).with(0);
    let lost = desk.json("--ledger L head");
    std::fs::copy(desk.path("L/checkpoint"), desk.path("remembered")).unwrap();
    std::fs::rename(desk.path("L"), desk.path("broken")).unwrap();
    std::fs::rename(desk.path("backup"), desk.path("L")).unwrap();

    let before = lines(&desk.path("L"));
    let refused = desk.run(JUNE).with(1);
    assert!(
        refused.err.contains("像是恢复了旧备份") && refused.err.contains("progress-ledger restore"),
        "{}",
        refused.err
    );
    assert_eq!(lines(&desk.path("L")), before, "nothing was appended");
    desk.run("--ledger L status").with(0);
    // The head beside the key says that there were more lines, without anybody having to name it.
    let shrunk = desk.run("verify L").with(1).out;
    assert!(shrunk.contains("checkpoint-shrunk"), "{shrunk}");

    let restored = desk.run("restore L --reason 演练").with(0).out;
    assert!(restored.contains(&format!("失去的账本头签到第 {} 行", lost["size"])), "{restored}");
    let line: serde_json::Value = serde_json::from_str(&lines(&desk.path("L"))[before.len()]).unwrap();
    assert_eq!(line["type"], "ledger-restored");
    assert_eq!(line["data"]["lost_head"], lost["note"]);
    desk.run(JUNE).with(0);
    desk.run("verify L").with(0);
    assert_ne!(desk.json("--ledger L head")["words"], lost["words"]);
    // Whoever remembers the lost head sees that it is another branch.
    let seen = desk.run("verify L --remembered remembered").with(1).out;
    assert!(seen.contains("history-rewritten"), "{seen}");
    let again = desk.run("restore L --reason 演练").with(1);
    assert!(again.err.contains("没有失去什么"), "{}", again.err);
}

#[test]
fn a_head_that_only_somebody_else_has_is_recorded_as_lost_too() {
    let desk = Desk::opened();
    copy(&desk.path("L"), &desk.path("backup"));
    let kept = std::fs::read(desk.path("L.head")).unwrap();
    desk.run(APRIL).with(0);
    std::fs::copy(desk.path("L/checkpoint"), desk.path("witnessed")).unwrap();
    std::fs::remove_dir_all(desk.path("L")).unwrap();
    std::fs::rename(desk.path("backup"), desk.path("L")).unwrap();
    // The whole machine was lost: the head beside the folder is that of the backup.
    std::fs::write(desk.path("L.head"), kept).unwrap();
    desk.run("restore L --reason 演练").with(1);
    desk.run("restore L --reason 演练 --lost nowhere").with(2);
    desk.run("restore L --reason 演练 --lost witnessed").with(0);
    desk.run(JUNE).with(0);
    desk.run("verify L").with(0);
}

#[test]
fn a_crash_between_recording_a_restoration_and_signing_it_is_no_dead_end() {
    let desk = Desk::opened();
    copy(&desk.path("L"), &desk.path("backup"));
    desk.run(APRIL).with(0);
    let lost = std::fs::read(desk.path("L.head")).unwrap();
    let key = std::fs::read(desk.path("L.key")).unwrap();
    std::fs::remove_dir_all(desk.path("L")).unwrap();
    copy(&desk.path("backup"), &desk.path("L"));
    desk.run("restore L --reason 演练").with(0);
    // As it was before the new key had its place and the new head was signed: only the lines are there.
    std::fs::rename(desk.path("L.key"), desk.path("L.key.next")).unwrap();
    std::fs::write(desk.path("L.key"), key).unwrap();
    std::fs::write(desk.path("L.head"), lost).unwrap();
    std::fs::copy(desk.path("backup/checkpoint"), desk.path("L/checkpoint")).unwrap();
    // Its lines say that the head beside the key was lost: that head forbids nothing any more.
    let report = &desk.json("verify L")["report"];
    assert!(report["kept_lines"].is_null(), "{report}");
    desk.run(JUNE).with(0);
    assert!(!desk.path("L.key.next").exists());
    assert_eq!(desk.json("--ledger L head")["size"], lines(&desk.path("L")).len());
    desk.run("verify L").with(0);
}

#[test]
fn a_new_log_key_signs_from_its_line_on_and_the_old_one_is_put_away() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::opened();
    let old = std::fs::read(desk.path("L.key")).unwrap();
    let before = desk.json("--ledger L head");
    let told = desk.run("--ledger L key rotate").with(0).out;
    assert!(told.contains("新的验证密钥：yingtan.example/ledger+"), "{told}");
    let new = desk.path("L.key");
    assert_ne!(std::fs::read(&new).unwrap(), old);
    assert_eq!(std::fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
    let names: Vec<String> = std::fs::read_dir(desk.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("L.key.old-"))
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(std::fs::read(desk.path(&names[0])).unwrap(), old);
    assert!(desk.json("--ledger L head")["size"].as_u64() > before["size"].as_u64());
    desk.run("verify L").with(0);

    // The old key in the new one's place signs nothing, and what was recorded stays.
    std::fs::write(&new, old).unwrap();
    let refused = desk.run(APRIL).with(2);
    assert!(refused.err.contains("不是这个账本现在的密钥"), "{}", refused.err);
    std::fs::remove_file(&new).unwrap();
    let told = desk.run(JUNE).with(0).err;
    assert!(told.contains("没有密钥文件 L.key，账本头没有更新"), "{told}");
    desk.run("verify L").with(0);
}

#[test]
fn a_head_is_shown_as_words_and_as_a_picture() {
    let desk = Desk::opened();
    let shown = desk.run("--ledger L head --qr --svg head.svg").with(0).out;
    assert!(shown.contains("核对词 4") && shown.contains("核对字 4"), "{shown}");
    assert!(shown.contains('█') || shown.contains('▄'), "{shown}");
    assert!(std::fs::read_to_string(desk.path("head.svg")).unwrap().contains("<svg"));
    let json = desk.json("--ledger L head");
    assert_eq!(json["words"].as_array().unwrap().len(), 24);
    assert_eq!(json["characters"].as_str().unwrap().chars().count(), 24);
    assert_eq!(json["note"].as_str().unwrap(), std::fs::read_to_string(desk.path("L/checkpoint")).unwrap());
    assert_eq!(json["note"].as_str().unwrap(), std::fs::read_to_string(desk.path("L.head")).unwrap());
    // Another copy of the head, without the ledger.
    std::fs::copy(desk.path("L/checkpoint"), desk.path("printed")).unwrap();
    assert_eq!(desk.json("head printed")["words"], json["words"]);

    let mut forged = std::fs::read_to_string(desk.path("L/checkpoint")).unwrap();
    forged = forged.replacen(&format!("\n{}\n", json["size"]), "\n5\n", 1);
    std::fs::write(desk.path("L/checkpoint"), forged).unwrap();
    let refused = desk.run("--ledger L head").with(1);
    assert!(refused.err.contains("signature"), "{}", refused.err);
}

#[test]
fn the_name_of_a_lost_ledger_is_not_taken_for_a_new_one() {
    let desk = Desk::opened();
    std::fs::remove_dir_all(desk.path("L")).unwrap();
    let refused = desk.run("init L --origin yingtan.example/ledger").with(2);
    assert!(refused.err.contains("它的账本头还在 L.head"), "{}", refused.err);
    assert!(!desk.path("L").exists());
}

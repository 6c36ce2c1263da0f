//! The committee's work as people do it: keys, proposal, approvals on line and off, freezing, restating, reopening.

mod common;

use common::Desk;
use serde_json::Value;

/// A ledger with a committee of three, two of whom suffice; member 1's vkey is given.
fn with_committee() -> (Desk, Vec<String>) {
    let desk = Desk::opened();
    let keys: Vec<String> = (1..=3).map(|number| member_key(&desk, number)).collect();
    let members: Vec<String> = keys.iter().enumerate().map(|(ix, key)| member(ix + 1, key)).collect();
    desk.run(&format!("--ledger L committee appoint {} --quorum 2 --document 任命文件", members.join(" ")))
        .with(0);
    (desk, keys)
}

fn member_key(desk: &Desk, number: usize) -> String {
    let made = desk.json(&format!("key new --member member-{number} member-{number}.key"));
    made["verifier_key"].as_str().unwrap().to_owned()
}

fn member(number: usize, key: &str) -> String {
    format!("--member member-{number}:assessment-committee:{key}")
}

const PROPOSE: &str = "--ledger L snapshot propose --year 2022 --kind year-end";

/// Proposed in spite of what is missing: the hash of the snapshot.
fn proposed(desk: &Desk) -> String {
    hash(&desk.json(&format!("{PROPOSE} --waive 演示")))
}

fn hash(receipt: &Value) -> String {
    receipt["lines"][0]["hash"].as_str().unwrap().to_owned()
}

fn frozen(desk: &Desk) -> String {
    let snapshot = proposed(desk);
    desk.run("--ledger L snapshot approve --key member-1.key").with(0);
    desk.run("--ledger L snapshot approve --key member-2.key").with(0);
    snapshot
}

fn codes(refused: &Value) -> Vec<&str> {
    refused["problems"].as_array().unwrap().iter().map(|own| own["code"].as_str().unwrap()).collect()
}

#[test]
fn members_approve_on_line_and_off_and_the_quorum_freezes() {
    let (desk, _) = with_committee();
    let blocked = desk.run(&format!("{PROPOSE} --json")).with(1).json();
    assert_eq!(codes(&blocked), ["snapshot-blocked"]);
    let snapshot = proposed(&desk);
    assert_eq!(
        codes(&desk.run(&format!("{PROPOSE} --waive 演示 --json")).with(1).json()),
        ["proposed-already"]
    );

    let first = desk.json("--ledger L snapshot approve --key member-1.key");
    assert_eq!(first["lines"].as_array().unwrap().len(), 1, "one approval freezes nothing");
    let again = desk.run("--ledger L snapshot approve --key member-1.key --json").with(1).json();
    assert_eq!(codes(&again), ["approved-twice"]);
    assert_eq!(desk.json("--ledger L snapshot status")["snapshot"]["standing"], "proposed");

    // The second member signs where there is no ledger.
    desk.run("--ledger L snapshot show --draft draft.json").with(0);
    let signed =
        desk.run("snapshot approve --draft draft.json --key member-2.key --out two.note").with(0).out;
    assert!(signed.contains("year-end") && signed.contains("还没有入账"), "{signed}");
    let last = desk.json("--ledger L snapshot approve --signed two.note");
    let kinds: Vec<&str> =
        last["lines"].as_array().unwrap().iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["snapshot-approved", "snapshot-frozen"]);

    let status = desk.json("--ledger L snapshot status");
    assert_eq!(
        (&status["snapshot"]["standing"], &status["snapshot"]["quorum"]),
        (&"frozen".into(), &2.into())
    );
    desk.run("--ledger L snapshot publish --document 通报").with(0);
    assert_eq!(desk.json("--ledger L snapshot list")["snapshots"][0]["snapshot"], snapshot);
    assert_eq!(
        codes(&desk.run(&format!("{PROPOSE} --waive 演示 --json")).with(1).json()),
        ["frozen-already"]
    );
    assert_eq!(desk.json("--ledger L verify")["clean"], true);
}

#[test]
fn an_act_that_may_have_been_recorded_is_answered_from_the_record_and_not_done_twice() {
    let (desk, _) = with_committee();
    let id = |number: u32| format!("--submission 0190a3c4-1b2d-4e5f-8a9b-0000000000{number:02}");
    let withdraw = format!("--ledger L snapshot withdraw --reason 有误 {}", id(1));
    let publish = format!("--ledger L snapshot publish --document 通报 {}", id(2));
    proposed(&desk);
    let withdrawn = desk.json(&withdraw);
    // By now another snapshot is the newest: the first one is not looked for again.
    frozen(&desk);
    let published = desk.json(&publish);
    desk.run("--ledger L unit register new-unit --name 新单位 --kind bureau").with(0);
    let size = common::lines(&desk.path("L")).len();
    for (command, first) in [(withdraw, withdrawn), (publish, published)] {
        let again = desk.json(&command);
        assert_eq!((&again["lines"], &again["repeated"]), (&first["lines"], &true.into()), "{command}");
        assert_eq!(first["repeated"], false);
    }
    assert_eq!(common::lines(&desk.path("L")).len(), size);
    assert_eq!(desk.json("--ledger L verify")["clean"], true);
}

#[test]
fn a_kept_table_that_somebody_changed_is_found_by_verify() {
    let (desk, _) = with_committee();
    frozen(&desk);
    assert_eq!(desk.json("verify L")["report"]["frozen_files"], 6);
    let position = desk.json("--ledger L snapshot status")["snapshot"]["position"].as_u64().unwrap();
    let folder = desk.path(&format!("L/snapshots/2022-year-end/yingtan-2022-{position}"));
    let scores = folder.join("scores.jsonl");
    let table = std::fs::read_to_string(&scores).unwrap();
    std::fs::write(&scores, table.replacen("\"place\"", "\"Place\"", 1).replacen("guixi", "yuehu", 1))
        .unwrap();
    let found = desk.run("verify L --json").with(1).json();
    let findings = found["report"]["findings"].as_array().unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|own| own["kind"] == "frozen-copy"), "{findings:?}");
    assert!(findings[0]["table"]["row"].is_string(), "the row is named");
    std::fs::remove_file(&scores).unwrap();
    let report = desk.json("verify L");
    assert!(report["report"]["not_checked"].as_array().unwrap().contains(&"frozen-copies".into()));
    std::fs::write(&scores, table).unwrap();
    std::fs::write(folder.join("extra.jsonl"), "{}\n").unwrap();
    let found = desk.run("verify L --json").with(1).json();
    assert_eq!(found["report"]["findings"][0]["kind"], "frozen-stray");
}

#[test]
fn an_approval_of_other_bytes_or_with_a_unit_s_key_goes_nowhere() {
    let (desk, _) = with_committee();
    proposed(&desk);
    desk.run("--ledger L snapshot show --draft draft.json").with(0);
    let text = std::fs::read_to_string(desk.path("draft.json")).unwrap();
    std::fs::write(desk.path("other.json"), text.replace("\"演示\"", "\"另一原因\"")).unwrap();
    desk.run("snapshot approve --draft other.json --key member-1.key --out other.note").with(0);
    let refused = desk.run("--ledger L snapshot approve --signed other.note").with(1);
    assert!(refused.err.contains("批准的不是这份内容"), "{}", refused.err);
    desk.run("key new --unit guixi guixi.key").with(0);
    assert!(desk.run("--ledger L snapshot approve --key guixi.key").with(2).err.contains("不是委员密钥"));
    assert_eq!(desk.json("--ledger L snapshot status")["snapshot"]["approved_by"], Value::Array(vec![]));
}

#[test]
fn a_withdrawn_key_approves_nothing_more() {
    let (desk, keys) = with_committee();
    proposed(&desk);
    desk.run("--ledger L snapshot approve --key member-1.key").with(0);
    desk.run(&format!("--ledger L committee revoke {} --reason 密钥遗失", keys[0])).with(0);
    let refused = desk.run("--ledger L snapshot approve --key member-1.key --json").with(1).json();
    assert_eq!(codes(&refused), ["member-key-revoked"]);
    let second = desk.json("--ledger L snapshot approve --key member-2.key");
    assert_eq!(second["lines"].as_array().unwrap().len(), 1, "the first approval no longer counts");
    let early = desk.run("--ledger L snapshot freeze --json").with(1).json();
    assert_eq!(codes(&early), ["quorum-missing"]);
    assert!(desk.run("--ledger L committee show").with(0).out.contains("已停用"));
    desk.run("--ledger L snapshot approve --key member-3.key").with(0);
    assert_eq!(desk.json("--ledger L snapshot status")["snapshot"]["standing"], "frozen");
}

#[test]
fn a_figure_after_the_freezing_is_flagged_and_the_frozen_bytes_stay() {
    let (desk, _) = with_committee();
    let snapshot = frozen(&desk);
    let shown = desk.json("--ledger L snapshot show");
    desk.csv("april.csv", &["value-added,guixi,60.1,快报"]);
    desk.run("--ledger L submit april.csv --unit guixi --period 2022-04").with(0);

    let after = desk.json("--ledger L snapshot show");
    assert_eq!(after["tables"], shown["tables"]);
    let kept: Vec<&Value> = after["tables"].as_array().unwrap().iter().map(|own| &own["kept"]).collect();
    assert!(kept.len() == 5 && kept.iter().all(|kept| **kept == "same"), "{kept:?}");
    assert_eq!(desk.json("--ledger L snapshot status")["figures_after_freezing"], 1);
    let figures = desk.json("--ledger L figures --as-of 2022-12-31");
    assert_eq!(figures["rows"][0]["after_freezing"], snapshot.as_str());
    for table in ["figures --as-of 2022-12-31", "trail --cell value-added guixi"] {
        assert!(desk.run(&format!("--ledger L {table}")).with(0).out.contains("冻结后"), "{table}");
    }
}

#[test]
fn kept_bytes_that_somebody_changed_are_found_and_missing_ones_made_again() {
    let (desk, _) = with_committee();
    frozen(&desk);
    let folder =
        std::fs::read_dir(desk.path("L/snapshots/2022-year-end")).unwrap().next().unwrap().unwrap().path();
    let scores = folder.join("scores.jsonl");
    let bytes = std::fs::read(&scores).unwrap();
    desk.run("--ledger L snapshot show --out copy").with(0);
    assert_eq!(std::fs::read(desk.path("copy/scores.jsonl")).unwrap(), bytes);
    let text = String::from_utf8(bytes.clone()).unwrap();
    std::fs::write(&scores, text.replacen("guixi", "yujiang", 1)).unwrap();
    let found = desk.run("--ledger L snapshot show").with(1);
    assert!(found.out.contains("被改动"), "{}", found.out);
    // As a crash leaves it: no folder, and the beginning of one under another name.
    let mut part = folder.clone().into_os_string();
    part.push(".part");
    std::fs::rename(&folder, &part).unwrap();
    std::fs::write(std::path::Path::new(&part).join("scores.jsonl"), "half a li").unwrap();
    desk.run("--ledger L snapshot show").with(0);
    assert!(!std::path::Path::new(&part).exists());
    assert_eq!(std::fs::read(&scores).unwrap(), bytes);
    let root = chain_root(&bytes);
    let shown = desk.json("--ledger L snapshot show");
    let own = shown["tables"].as_array().unwrap().iter().find(|own| own["table"] == "scores").unwrap();
    assert_eq!(own["root"], root.as_str(), "as a stock tool computes it");
}

fn chain_root(bytes: &[u8]) -> String {
    blake3::Hasher::new_derive_key("progress-ledger 2026-11 table")
        .update(bytes)
        .finalize()
        .to_hex()
        .to_string()
}

#[test]
fn a_restatement_stands_beside_with_places_and_totals() {
    let (desk, _) = with_committee();
    let snapshot = frozen(&desk);
    desk.csv("april.csv", &["value-added,guixi,60.1,快报"]);
    desk.run("--ledger L submit april.csv --unit guixi --period 2022-04").with(0);
    let restate = "--ledger L snapshot restate --year 2022 --kind year-end --reason 补报 --waive 演示";
    let restated = hash(&desk.json(restate));
    desk.run("--ledger L snapshot approve --key member-2.key").with(0);
    desk.run("--ledger L snapshot approve --key member-3.key").with(0);
    let list = desk.json("--ledger L snapshot list");
    let standings: Vec<&Value> =
        list["snapshots"].as_array().unwrap().iter().map(|own| &own["standing"]).collect();
    assert_eq!(standings, ["frozen", "frozen"], "what was frozen first is as it was");
    let areas = &list["snapshots"][1]["manifest"]["restates"]["areas"];
    let guixi = areas.as_array().unwrap().iter().find(|own| own["area"] == "guixi").unwrap();
    assert_ne!(guixi["total_before"], guixi["total_now"]);
    assert!(guixi["place_before"].is_u64() && guixi["place_now"].is_u64(), "{guixi}");
    let told = desk.run(&format!("--ledger L snapshot status {restated}")).with(0).out;
    assert!(told.contains("重述前后") && told.contains("原名次"), "{told}");
    let difference = desk.json(&format!("--ledger L snapshot diff {snapshot} {restated}"));
    assert!(difference["areas"].to_string().contains("after_data"));
    assert_eq!(desk.run(&format!("--ledger L snapshot show {snapshot}")).with(0).code, 0);
}

#[test]
fn reopening_takes_a_reason_and_the_quorum() {
    let (desk, _) = with_committee();
    let snapshot = frozen(&desk);
    desk.run("--ledger L snapshot reopen --reason 口径有误 --draft reopen.json").with(0);
    desk.run("snapshot approve --draft reopen.json --key member-1.key --out one.note").with(0);
    desk.run("snapshot approve --draft reopen.json --key member-3.key --out three.note").with(0);
    let record = "--ledger L snapshot reopen --from reopen.json --approval one.note";
    assert_eq!(codes(&desk.run(&format!("{record} --json")).with(1).json()), ["quorum-missing"]);
    desk.run(&format!("{record} --approval three.note")).with(0);
    let status = desk.json(&format!("--ledger L snapshot status {snapshot}"));
    assert_eq!(status["snapshot"]["standing"], "reopened");
    let again = frozen(&desk);
    assert_ne!(again, snapshot);
    desk.run(&format!("--ledger L snapshot show {snapshot}")).with(0);
    assert_eq!(desk.json("--ledger L verify")["clean"], true);
}

#[test]
fn a_new_committee_needs_the_quorum_of_the_one_before() {
    let (desk, keys) = with_committee();
    let fourth = member_key(&desk, 4);
    let roster = format!("{} {} --quorum 2 --document 换届文件", member(1, &keys[0]), member(4, &fourth));
    let refused = desk.run(&format!("--ledger L committee appoint {roster} --json")).with(1).json();
    assert_eq!(codes(&refused), ["quorum-missing"]);
    desk.run(&format!("--ledger L committee appoint {roster} --draft roster.json")).with(0);
    for number in [2, 3] {
        let sign =
            format!("snapshot approve --draft roster.json --key member-{number}.key --out {number}.note");
        desk.run(&sign).with(0);
    }
    desk.run("--ledger L committee appoint --from roster.json --approval 2.note --approval 3.note").with(0);
    let members =
        desk.json("--ledger L committee show")["committees"][0]["members"].as_array().unwrap().len();
    assert_eq!(members, 2);
}

#[test]
fn objections_are_filed_decided_and_listed() {
    let (desk, _) = with_committee();
    proposed(&desk);
    let filed = desk
        .json("--ledger L objection file --grounds 漏计补报 --area guixi --indicator value-added --as guixi");
    desk.run("--ledger L snapshot approve --key member-1.key").with(0);
    let second = desk.json("--ledger L snapshot approve --key member-2.key");
    assert_eq!(second["lines"].as_array().unwrap().len(), 1, "an objection is open");
    assert_eq!(codes(&desk.run("--ledger L snapshot freeze --json").with(1).json()), ["objections-open"]);
    let decide =
        format!("--ledger L objection decide {} --outcome dismissed --reason 口径无误", hash(&filed));
    desk.run(&decide).with(0);
    assert!(desk.run("--ledger L objection list").with(0).out.contains("不成立"));
    desk.run("--ledger L snapshot freeze").with(0);
    assert_eq!(desk.json("--ledger L snapshot status")["snapshot"]["standing"], "frozen");
    let trail = desk.json("--ledger L trail --cell value-added guixi");
    assert!(trail["rows"].to_string().contains("objection-filed"));
}

#[test]
fn the_demonstration_s_year_is_frozen_and_a_later_restatement_of_gdp_is_flagged() {
    let desk = Desk::new();
    desk.run("demo D").with(0);
    let shown = desk.json("--ledger D snapshot show");
    assert_eq!(shown["standing"], "published");
    assert!(
        shown["tables"].as_array().unwrap().iter().all(|own| own["equal"] == true && own["kept"] == "same")
    );
    assert!(desk.run("--ledger D snapshot status").with(0).out.contains("演示数据"));
    assert_eq!(desk.json("--ledger D snapshot status")["figures_after_freezing"], 1, "GDP, in March");
    assert_eq!(desk.json("verify D")["clean"], true);

    // Whoever tries it out has the members' keys and can restate the year.
    desk.run("--ledger D snapshot restate --year 2022 --kind year-end --reason GDP核实 --waive 演示").with(0);
    desk.run("--ledger D snapshot approve --key D.demo-member-2.key").with(0);
    desk.run("--ledger D snapshot approve --key D.demo-member-3.key").with(0);
    assert_eq!(desk.json("--ledger D snapshot list")["snapshots"][1]["standing"], "frozen");
}

//! The main job on real input: from the plan to a form, to a receipt, to a correction, to tables of any known size.

mod common;

use common::{Desk, fill, lines};
use serde_json::Value;

/// The rows of the form of 贵溪 that these tests fill in: value and status of the first two rows.
const FILLED: [(&str, &str); 4] = [("L6", "180.5"), ("M6", "快报"), ("L7", "62.30"), ("M7", "快报")];

fn with_form() -> Desk {
    let desk = Desk::opened();
    desk.run("--ledger L template --unit guixi --period 2022-04 form.xlsx").with(0);
    desk
}

/// The total of an area in a score answer.
fn total(scores: &Value, area: &str) -> String {
    let rows = scores["rows"]["areas"].as_array().expect("areas");
    let row = rows.iter().find(|row| row["area"] == area).expect("the area");
    row["total"].as_str().expect("a total").to_owned()
}

#[test]
fn a_figure_goes_from_the_form_to_the_proof() {
    let desk = with_form();

    // A bad file is answered with every problem by sheet, row and column, and nothing is recorded.
    std::fs::copy(desk.path("form.xlsx"), desk.path("bad.xlsx")).unwrap();
    fill(&desk.path("bad.xlsx"), &[("L6", "1.5万"), ("M6", "快报"), ("L7", "62.30"), ("M7", "大概")]);
    let refused = desk.run("--ledger L submit bad.xlsx --dry-run --json").with(1).json();
    let problems = refused["problems"].as_array().unwrap();
    let places: Vec<_> =
        problems.iter().map(|problem| (problem["row"].as_u64(), problem["column"].as_u64())).collect();
    assert_eq!(places, [(Some(6), Some(12)), (Some(7), Some(13))], "{problems:?}");
    assert!(desk.run("--ledger L submit bad.xlsx").with(1).out.contains("工作表“数据”第 6 行 L 列"));
    assert_eq!(desk.json("--ledger L status")["figure_versions"], 0);

    // A good one gets a receipt; the same file again gets the same receipt.
    fill(&desk.path("form.xlsx"), &FILLED);
    assert_eq!(desk.json("--ledger L submit form.xlsx --dry-run")["problems"], Value::Array(vec![]));
    let receipt = desk.json("--ledger L submit form.xlsx");
    let again = desk.json("--ledger L submit form.xlsx");
    assert_eq!((&receipt["repeated"], &again["repeated"]), (&Value::Bool(false), &Value::Bool(true)));
    assert_eq!((&receipt["lines"], &receipt["submission"]), (&again["lines"], &again["submission"]));
    assert_eq!(receipt["lines"].as_array().unwrap().len(), 3, "the filing and two figures");

    // A correction changes the table from its line on, and not before.
    let before = desk.json("--ledger L scores --as-of 2022-04-25");
    let figure = receipt["lines"][2]["hash"].as_str().unwrap();
    let correct = format!(
        "--ledger L figure correct {figure} --value 20.30 --reason-code misreported --material --note 更正小数点"
    );
    let corrected = desk.json(&correct);
    let known = corrected["lines"][0]["position"].as_u64().unwrap();
    let after = desk.json("--ledger L scores --as-of 2022-04-25");
    let earlier = desk.json(&format!("--ledger L scores --as-of 2022-04-25 --known-at {known}"));
    assert_eq!(earlier, before);
    assert_ne!(total(&after, "guixi"), total(&before, "guixi"));
    assert_eq!(
        desk.json(&format!("--ledger L scores --token {}", before["token"].as_str().unwrap())),
        before
    );

    // The difference is data, and its parts add up.
    let (a, b) = (before["token"].as_str().unwrap(), after["token"].as_str().unwrap());
    let difference = desk.json(&format!("--ledger L diff {a} {b}"));
    let moved = difference["areas"].as_array().unwrap().iter().find(|row| row["area"] == "guixi").unwrap();
    let effects = &moved["total"]["effects"];
    assert_eq!((effects["targets"].as_str(), effects["rules"].as_str()), (Some("0"), Some("0")));
    assert_ne!(effects["data"], "0");

    // The explanation and the trail lead to the lines.
    let explained = desk.json("--ledger L explain value-added guixi --as-of 2022-04-25");
    assert_eq!(explained["figure"]["hash"], corrected["lines"][0]["hash"]);
    assert_eq!(explained["passed_over"][0]["hash"].as_str(), Some(figure));
    let submission = receipt["submission"].as_str().unwrap();
    let own = desk.json(&format!("--ledger L trail --submission {submission}"));
    assert_eq!(own["rows"].as_array().unwrap().len(), 3);
    let trail = desk.run("--ledger L trail --cell value-added guixi").with(0).out;
    assert!(trail.contains(figure) && trail.contains("figure-corrected"), "{trail}");

    // Leaving the correction out is a what-if, and says so in every form.
    let left_out = format!(
        "--ledger L scores --as-of 2022-04-25 --without {}",
        corrected["lines"][0]["hash"].as_str().unwrap()
    );
    let what_if = desk.json(&left_out);
    assert_eq!(
        (&what_if["heading"]["official"], total(&what_if, "guixi")),
        (&Value::Bool(false), total(&before, "guixi"))
    );
    for form in ["", "--csv -"] {
        assert!(desk.run(&format!("{left_out} {form}")).with(0).out.contains("推演·非正式"));
    }

    // Everything is recomputed from the files, and the roots are those that were shown.
    let verified = desk.json("--ledger L verify");
    assert_eq!((&verified["clean"], &verified["report"]["verdict"]), (&Value::Bool(true), &"clean".into()));
    let latest = desk.json("--ledger L scores");
    let of_scores =
        verified["tables"].as_array().unwrap().iter().find(|table| table["table"] == "scores").unwrap();
    assert_eq!((&of_scores["root"], &of_scores["token"]), (&latest["table_root"], &latest["token"]));
}

#[test]
fn a_receipts_hash_follows_from_the_line_alone() {
    let desk = with_form();
    fill(&desk.path("form.xlsx"), &FILLED);
    let receipt = desk.json("--ledger L submit form.xlsx");
    let lines = lines(&desk.path("L"));
    for line in receipt["lines"].as_array().unwrap() {
        let position = usize::try_from(line["position"].as_u64().unwrap()).unwrap();
        let mut hasher = blake3::Hasher::new_derive_key("progress-ledger 2026-11 event");
        hasher.update(lines[position].as_bytes());
        assert_eq!(line["hash"].as_str(), Some(hasher.finalize().to_hex().as_str()));
        assert!(lines[position].contains(&format!("\"position\":{position},")));
    }
}

#[test]
fn a_published_table_is_written_in_the_bytes_its_root_is_of() {
    let desk = with_form();
    fill(&desk.path("form.xlsx"), &FILLED);
    desk.run("--ledger L submit form.xlsx").with(0);
    let scores = desk.json("--ledger L ranking --canonical ranking.jsonl");
    let bytes = std::fs::read(desk.path("ranking.jsonl")).unwrap();
    let mut hasher = blake3::Hasher::new_derive_key("progress-ledger 2026-11 table");
    hasher.update(&bytes);
    assert_eq!(scores["table_root"].as_str(), Some(hasher.finalize().to_hex().as_str()));
}

#[test]
fn a_warning_is_recorded_only_with_the_units_reason() {
    let desk = Desk::opened();
    desk.csv("april.csv", &["value-added,guixi,2340,快报"]);
    let submit = "--ledger L submit april.csv --unit guixi --period 2022-04";
    let refused = desk.run(&format!("{submit} --json")).with(1).json();
    assert_eq!(refused["recorded"], false);
    assert!(desk.run(submit).with(1).out.contains("--confirm"));
    desk.run(&format!("{submit} --confirm 已核对统计台账")).with(0);
    assert!(lines(&desk.path("L")).last().unwrap().contains("2340"));
    assert!(lines(&desk.path("L")).iter().any(|line| line.contains("已核对统计台账")));

    // A correction that is warned about is no different.
    let figures = desk.json("--ledger L figures --indicator value-added --area guixi");
    let figure = figures["rows"][0]["hash"].as_str().unwrap();
    let correct = format!("--ledger L figure correct {figure} --value 2330 --reason-code misreported");
    assert!(desk.run(&correct).with(1).out.contains("--confirm"));
    let receipt = desk.json(&format!("{correct} --confirm 口径核实"));
    let kinds: Vec<_> =
        receipt["lines"].as_array().unwrap().iter().map(|line| line["type"].as_str()).collect();
    assert_eq!(kinds, [Some("submission-filed"), Some("figure-corrected")]);
}

#[test]
fn a_unit_with_a_key_signs_or_is_refused() {
    let desk = Desk::opened();
    let key = desk.json("key new --unit guixi guixi.key");
    let vkey = key["verifier_key"].as_str().unwrap();
    desk.run(&format!("--ledger L key enrol {vkey} --holder guixi")).with(0);
    desk.csv("april.csv", &["value-added,guixi,60.1,快报"]);
    let submit = "--ledger L submit april.csv --unit guixi --period 2022-04";
    assert!(desk.run(submit).with(1).out.contains("signature-missing"));
    desk.run(&format!("{submit} --key guixi.key")).with(0);
    let verified = desk.json("verify L");
    assert_eq!(verified["report"]["signatures"], 1);
    desk.run(&format!("--ledger L key revoke {vkey} --holder guixi --reason 人员变动")).with(0);
    assert_eq!(desk.json("verify L")["clean"], true);
}

#[test]
fn a_figure_is_returned_corrected_verified_approved_and_withdrawn() {
    let desk = Desk::opened();
    desk.csv("april.csv", &["value-added,guixi,60.1,快报"]);
    let receipt = desk.json("--ledger L submit april.csv --unit guixi --period 2022-04");
    let figure = receipt["lines"][1]["hash"].as_str().unwrap();
    let verifier = desk.json("--ledger L duty list")["duties"].as_array().unwrap().iter().find_map(|duty| {
        let ours = duty["duty"] == "verifies" && duty["indicator"] == "value-added" && duty["area"].is_null();
        ours.then(|| duty["unit"].as_str().unwrap().to_owned())
    });
    let verifier = verifier.expect("somebody verifies the row");
    desk.run(&format!("--ledger L figure return {figure} --reason 请核对 --as {verifier}")).with(0);
    let corrected =
        desk.json(&format!("--ledger L figure correct {figure} --value 61.2 --reason-code misreported"));
    let corrected = corrected["lines"][0]["hash"].as_str().unwrap();
    assert_eq!(
        desk.run(&format!("--ledger L figure approve {corrected} --json")).with(1).json()["problems"][0]["code"],
        "not-verified"
    );
    desk.run(&format!("--ledger L figure verify {corrected} --note 与台账一致")).with(0);
    desk.run(&format!("--ledger L figure approve {corrected}")).with(0);
    let figures = desk.json("--ledger L figures --indicator value-added --area guixi --all");
    let lives: Vec<_> =
        figures["rows"].as_array().unwrap().iter().map(|row| row["life"].as_str().unwrap()).collect();
    assert_eq!(lives, ["returned", "approved"]);
    desk.run(&format!("--ledger L figure withdraw {corrected} --reason 口径有误")).with(0);
    let figures = desk.json("--ledger L figures --indicator value-added --area guixi");
    assert_eq!(figures["rows"], Value::Array(vec![]), "nothing counts any more");
}

#[test]
fn what_runs_the_cycle_is_recorded_and_listed() {
    let desk = Desk::opened();
    let run = |arguments: &str| desk.run(&format!("--ledger L {arguments}")).with(0);
    run("period extend 2022-04 --due 2022-05-02T18:00 --reason 系统维护 --unit guixi");
    run("period close 2022-04");
    run(
        "target revise value-added guixi --year 2022 --to 240 --document 文件 --reason 调整 --effective-from 2022-07-01",
    );
    run("award bonus honours --area guixi --document 通报 --on 2022-06-10");
    let deduction =
        run("award deduct late-filing --area guixi --document 通报 --on 2022-06-11 --json").json();
    let deduction = deduction["lines"][0]["hash"].as_str().unwrap();
    run(&format!("award revoke {deduction} --reason 申诉成立"));
    run("award veto --area longhushan --document 通报 --on 2022-06-12 --reason 造假");
    run("unit register new-unit --name 新单位 --kind bureau --alias 新");
    let duty = run("duty assign new-unit verifies --indicator gdp --area guixi --json").json();
    run(&format!("duty end {} --reason 职责调整", duty["lines"][0]["hash"].as_str().unwrap()));
    std::fs::write(desk.path("proof.pdf"), "proof").unwrap();
    run("evidence proof.pdf --title 佐证");
    std::fs::write(desk.path("second.toml"), run("rules show --json").json()["rules"].to_string()).unwrap();
    std::fs::rename(desk.path("second.toml"), desk.path("second.json")).unwrap();
    run("rules check second.json");
    run("rules adopt second.json --effective-from 2022-07-01 --title 第二版");

    let awards = desk.json("--ledger L award list")["awards"].clone();
    assert_eq!(awards.as_array().unwrap().len(), 3);
    assert_eq!(desk.json("--ledger L period list")["periods"].as_array().unwrap().len(), 1);
    assert_eq!(desk.json("--ledger L rules list")["rulebooks"].as_array().unwrap().len(), 2);
    assert!(run("unit list").out.contains("新单位"));
    for table in [
        "scores --cells",
        "ranking",
        "figures --all",
        "timeliness",
        "roll-ups",
        "trail --unit digital-office",
    ] {
        let answer = run(table).out;
        assert!(answer.contains("可复算标识 yingtan.example/ledger+"), "{table}: {answer}");
    }
    assert_eq!(desk.json("--ledger L verify")["clean"], true);
}

#[test]
fn a_retry_with_the_same_id_records_nothing_twice() {
    let desk = Desk::opened();
    let register = "--ledger L unit register new-unit --name 新单位 --kind bureau --submission 3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let first = desk.json(register);
    assert_eq!(desk.json(register)["lines"], first["lines"]);
    let other = register.replace("新单位", "另一单位");
    assert!(desk.run(&other).with(1).err.contains("已用于另一份内容"));
}

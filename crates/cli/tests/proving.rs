//! Tables that prove themselves: attested roots, units' statements, self-check, cell proofs, bundles.

mod common;

use app::SavedStates;
use chain::hash::leaf_hash;
use chain::line::Line;
use common::{Desk, lines};
use events::{Event, Recorded, Value};
use projections::ReadModel;

/// The demonstration `L`, the same in every test.
fn demonstration() -> Desk {
    let desk = Desk::new();
    desk.run("demo L").with(0);
    desk
}

/// Folds a ledger's lines into a read model; `change` may tamper with what each line says.
fn folded(desk: &Desk, change: impl Fn(&mut Event)) -> ReadModel {
    let mut model = ReadModel::default();
    for line in lines(&desk.path("L")) {
        let bytes = line.as_bytes();
        let line = Line::parse(bytes).unwrap();
        let mut recorded = Recorded::decode(&line, line.hash()).unwrap();
        change(&mut recorded.event);
        model.apply(&recorded, leaf_hash(bytes));
    }
    model
}

#[test]
fn attested_tables_and_statements_are_checked_by_every_later_audit() {
    let desk = demonstration();
    let before = desk.json("verify L");
    assert!(before["report"]["not_checked"].as_array().unwrap().contains(&"attested-tables".into()));
    let receipt = desk.json("attest L --as-of 2022-12-31");
    assert_eq!(receipt["lines"].as_array().unwrap().len(), 5);
    let vkey = desk.json("key new --unit guixi guixi.key")["verifier_key"].as_str().unwrap().to_owned();
    desk.run(&format!("--ledger L key enrol {vkey} --holder guixi")).with(0);
    let statement = "--ledger L statement --period 2022-12 --as guixi";
    assert!(desk.run(statement).with(2).err.contains("--key"));
    let refused = desk.run(&format!("{statement} --key guixi.key --lines 1")).with(1).out;
    assert!(refused.contains("statement-disagrees") && refused.contains("请保留签名和回执"), "{refused}");
    assert!(refused.contains("签好的声明已留作证据：statement-guixi-"), "{refused}");
    desk.run(&format!("{statement} --key guixi.key")).with(0);
    let verified = desk.json("verify L");
    let report = &verified["report"];
    assert_eq!(
        (&verified["clean"], &report["attested_tables"], &report["statements"]),
        (&true.into(), &5.into(), &1.into())
    );
    assert!(!report["not_checked"].as_array().unwrap().contains(&"attested-tables".into()));
}

#[test]
fn a_refused_statement_stays_evidence_that_anybody_holds_against_the_ledger() {
    let desk = demonstration();
    let vkey = desk.json("key new --unit guixi guixi.key")["verifier_key"].as_str().unwrap().to_owned();
    desk.run(&format!("--ledger L key enrol {vkey} --holder guixi")).with(0);
    let own: Vec<String> = lines(&desk.path("L"))
        .iter()
        .filter(|line| Line::parse(line.as_bytes()).unwrap().unit == "guixi")
        .map(|line| chain::hash::event_hash(line.as_bytes()).to_string())
        .collect();
    let statement = "--ledger L statement --period 2022-12 --as guixi --key guixi.key";
    let refused = |name: &str, lines: usize, head: &str| {
        let asked = format!("{statement} --lines {lines} --head {head} --evidence {name} --json");
        let said = desk.run(&asked).with(1).json();
        assert_eq!((&said["recorded"], &said["evidence"]), (&false.into(), &name.into()));
    };
    // The ledger went on after the unit counted: no contradiction.
    refused("earlier.dsse", 2, &own[1]);
    refused("other.dsse", 2, &own[2]);
    refused("more.dsse", own.len() + 1, &own[1]);
    let kind = |file: &str, code: i32| {
        let said = desk.run(&format!("verify L --evidence {file} --json")).with(code).json();
        assert_eq!(said["clean"], true, "the ledger itself is as before");
        said["evidence"][0]["report"]["finding"]["kind"].as_str().map(str::to_owned)
    };
    assert_eq!(kind("earlier.dsse", 0), None);
    assert_eq!(kind("other.dsse", 1).as_deref(), Some("evidence-contradicts"));
    assert_eq!(kind("more.dsse", 1).as_deref(), Some("evidence-contradicts"));
    let told = desk.run("verify L --evidence earlier.dsse --evidence more.dsse").with(1).out;
    assert!(told.contains("与账本一致") && told.contains(&format!("账上只有 {} 行", own.len())), "{told}");

    let other = std::fs::read_to_string(desk.path("other.dsse")).unwrap();
    for (name, forged) in [
        ("cut.dsse", other[..other.len() / 2].to_owned()),
        ("resigned.dsse", other.replacen("\"sig\":\"", "\"sig\":\"A", 1)),
        ("retyped.dsse", other.replace("submission+json", "statement+json")),
    ] {
        std::fs::write(desk.path(name), forged).unwrap();
        assert_eq!(kind(name, 1).as_deref(), Some("evidence-format"), "{name}");
    }
    // A key that this ledger never enrolled shows nothing.
    desk.run("init M --origin yingtan.example/other").with(0);
    let foreign = desk.run("verify M --evidence other.dsse --json").with(1).json();
    assert_eq!(foreign["evidence"][0]["report"]["finding"]["kind"], "evidence-key");
}

#[test]
fn a_changed_cell_in_a_saved_state_is_named_by_table_row_expected_and_found() {
    let desk = demonstration();
    let nothing = desk.run("fsck L").with(0).out;
    assert!(nothing.contains("没有保存状态"), "{nothing}");

    let states = SavedStates::new(desk.path("L/state"));
    states.save(&folded(&desk, |_| {})).unwrap();
    assert!(desk.run("fsck L").with(0).out.contains("完全相同"));

    let forged = folded(&desk, |event| {
        if let Event::FigureReported(figure) = event
            && (figure.indicator.as_str(), figure.area.as_str()) == ("gdp", "guixi")
            && figure.period.as_str() == "2022-12"
        {
            figure.value = "999.9".parse::<Value>().unwrap();
        }
    });
    states.save(&forged).unwrap();
    let found = desk.run("fsck L --json").with(1).json();
    let findings = found["saved_state"]["findings"].as_array().unwrap();
    let value = findings.iter().find(|own| own["table"]["row"] == "cell gdp guixi: value").unwrap();
    assert_eq!((&value["table"]["table"], &value["found"]), (&"scores".into(), &"999.9".into()));
    assert_ne!(value["expected"], value["found"]);
    assert!(desk.run("fsck L").with(1).out.contains("cell gdp guixi: value"));
    assert_eq!(
        std::fs::read_dir(desk.path("L/state")).unwrap().count(),
        1,
        "what was found stays for the inquiry"
    );
    // A byte changed by hand does not even fit its checksum.
    let state = std::fs::read_dir(desk.path("L/state")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&state).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&state, bytes).unwrap();
    let torn = desk.run("fsck L --json").with(1).json();
    assert_eq!(torn["saved_state"]["findings"][0]["kind"], "saved-state");
    // The ledger itself is sound, and `verify` trusts no saved state.
    assert_eq!(desk.json("verify L")["clean"], true);
}

#[test]
fn nothing_is_never_green() {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.path("E/journal")).unwrap();
    for command in ["verify E", "fsck E"] {
        let said = desk.run(&format!("{command} --json")).with(1).json();
        assert_eq!(said["report"]["verdict"], "empty");
        assert!(said["report"]["not_checked"].as_array().unwrap().contains(&"lines".into()));
    }
}

#[test]
fn a_cell_proof_and_a_years_bundle_are_checked_without_the_ledger() {
    let desk = demonstration();
    desk.run("attest L --as-of 2022-12-31").with(0);
    desk.run("prove-cell L --as-of 2022-12-31 --row value-added --area guixi -o cell.proof").with(0);
    desk.run("--ledger L bundle --year 2022 year.tar.zst").with(0);
    desk.run("--ledger L bundle --year 2022 year").with(0);
    assert!(desk.run("--ledger L bundle --year 2022 year").with(2).err.contains("已存在"));
    assert!(desk.run("--ledger L bundle --year 1999 other").with(1).err.contains("1999"));
    let key = std::fs::read_to_string(desk.path("L.key")).unwrap();
    let opening: serde_json::Value = serde_json::from_str(&lines(&desk.path("L"))[0]).unwrap();
    let vkey = opening["data"]["log_key"].as_str().unwrap().to_owned();
    std::fs::write(desk.path("policy"), format!("log {vkey}\nquorum none\n")).unwrap();

    // Nothing of the ledger is there any more.
    std::fs::remove_dir_all(desk.path("L")).unwrap();
    std::fs::remove_file(desk.path("L.key")).unwrap();
    let proven = desk.json(&format!("verify cell.proof --key {vkey}"));
    assert_eq!((&proven["holds"], &proven["report"]["cell"]["area"]), (&true.into(), &"guixi".into()));
    assert!(desk.run("verify cell.proof --policy policy").with(0).out.contains("没有证明的"));
    for bundle in ["year.tar.zst", "year"] {
        let verified = desk.json(&format!("verify-year {bundle} --policy policy"));
        assert_eq!(verified["holds"], true);
        assert_eq!(verified["report"]["tables"].as_array().unwrap().len(), 10);
    }
    let secret = key.trim().rsplit('+').next().unwrap();
    let packed = zstd_of(&desk, "year.tar.zst");
    assert!(!packed.contains(secret) && !packed.contains("PRIVATE+KEY"));

    // A part of the file is no bundle, and a proof of another day no proof.
    let whole = std::fs::read(desk.path("year.tar.zst")).unwrap();
    std::fs::write(desk.path("cut.tar.zst"), &whole[..whole.len() - 9]).unwrap();
    assert!(desk.run("verify-year cut.tar.zst").with(1).err.contains("截断"));
    std::fs::write(desk.path("cut.proof"), &std::fs::read(desk.path("cell.proof")).unwrap()[..900]).unwrap();
    assert_eq!(
        desk.run("verify cut.proof --json").with(1).json()["report"]["findings"][0]["kind"],
        "proof-format"
    );
}

/// The text of a compressed file.
fn zstd_of(desk: &Desk, name: &str) -> String {
    let output = std::process::Command::new("zstdcat").arg(desk.path(name)).output().expect("zstdcat runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

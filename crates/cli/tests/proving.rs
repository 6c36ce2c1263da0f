//! Tables that prove themselves: attested roots, units' statements, self-check, cell proofs, bundles.

mod common;

use std::path::Path;

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
    let statement = format!("{statement} --key guixi.key --submission 0190a3c4-1b2d-4e5f-8a9b-000000000001");
    let stated = desk.json(&statement);
    // Asked again, because no answer came: counted anew, there would be a line more, and another content.
    let again = desk.json(&statement);
    assert_eq!((&again["lines"], &again["repeated"]), (&stated["lines"], &true.into()));
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

    states.save(&forged(&desk)).unwrap();
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

/// The demonstration's read model, in which one figure of 贵溪 is another one.
fn forged(desk: &Desk) -> ReadModel {
    folded(desk, |event| {
        if let Event::FigureReported(figure) = event
            && (figure.indicator.as_str(), figure.area.as_str()) == ("gdp", "guixi")
            && figure.period.as_str() == "2022-12"
        {
            figure.value = "999.9".parse::<Value>().unwrap();
        }
    })
}

/// The value of a metric in a file.
fn metric(desk: &Desk, name: &str) -> String {
    let text = std::fs::read_to_string(desk.path("pl.prom")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("progress_ledger_{name} ")));
    line.unwrap_or_else(|| panic!("{name} in {text}")).to_owned()
}

#[test]
fn a_self_check_is_quiet_on_a_healthy_ledger_and_raises_an_alarm_that_names_a_changed_cell() {
    let desk = demonstration();
    desk.run("attest L --as-of 2022-12-31").with(0);
    let states = SavedStates::new(desk.path("L/state"));
    states.save(&folded(&desk, |_| {})).unwrap();
    let check = [
        "self-check",
        "L",
        "--once",
        "--metrics-file",
        "pl.prom",
        "--json",
        "--alarm-command",
        "cat > alarm.json; printf %s \"$PROGRESS_LEDGER_ALARM\" > alarm.txt",
    ];
    let quiet = desk.run_with(&check).with(0).json();
    assert_eq!((&quiet["holds"], &quiet["attested_tables"]), (&true.into(), &5.into()));
    assert!(!desk.path("alarm.json").exists(), "nobody is alarmed");
    let right = quiet["last_verified"].clone();
    assert_eq!((&right["size"], &right["at"]), (&quiet["lines"], &quiet["checked_at"]));
    assert_eq!(metric(&desk, "self_check_holds"), "1");

    states.save(&forged(&desk)).unwrap();
    let alarmed = desk.run_with(&check).with(1).json();
    let findings = alarmed["findings"].as_array().unwrap();
    let cell = findings.iter().find(|own| own["table"]["row"] == "cell gdp guixi: value").unwrap();
    assert_eq!((&cell["table"]["table"], &cell["found"]), (&"scores".into(), &"999.9".into()));
    assert_ne!(cell["expected"], cell["found"]);
    assert_eq!(alarmed["last_verified"], right, "the root that was right before stays the last one");
    let file = |name: &str| std::fs::read_to_string(desk.path(name)).unwrap();
    for name in ["L/self-check.json", "alarm.json"] {
        assert_eq!(serde_json::from_str::<serde_json::Value>(&file(name)).unwrap(), alarmed, "{name}");
    }
    assert!(
        file("alarm.txt").contains("应为") && file("alarm.txt").contains("999.9"),
        "{}",
        file("alarm.txt")
    );
    assert_eq!(metric(&desk, "self_check_holds"), "0");
    assert_eq!(metric(&desk, "self_check_findings"), findings.len().to_string());
    let shown = desk.run("self-check L --once").with(1).out;
    assert!(shown.contains("cell gdp guixi: value") && shown.contains("最近一次全部一致"), "{shown}");

    // The wrong state taken away, all is well again.
    std::fs::remove_dir_all(desk.path("L/state")).unwrap();
    desk.run("self-check L --once").with(0);
}

#[test]
fn an_alarm_command_that_hangs_is_ended_and_the_check_goes_on() {
    let desk = demonstration();
    let journal = desk.path("L/journal/00000000000000000000.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replacen("演示", "演练", 1)).unwrap();
    // It waits for a fifo that nobody writes to, in a process of its own.
    let hangs = "mkfifo gate; cat gate > passed & echo $! > started; wait";
    let check = ["self-check", "L", "--once", "--json", "--alarm-limit", "1s", "--alarm-command", hangs];
    let checked = desk.run_with(&check).with(1);
    assert!(checked.err.contains("强制终止"), "{}", checked.err);
    assert!(checked.json()["findings"][0]["kind"] == "damage");
    let started = std::fs::read_to_string(desk.path("started")).unwrap();
    let process = Path::new("/proc").join(started.trim());
    // Killed, it is gone, or waits for whoever inherited it to take notice.
    let state = std::fs::read_to_string(process.join("stat")).unwrap_or_else(|_| ") Z".to_owned());
    assert!(state.contains(") Z") || state.contains(") X"), "what it had started is ended, too: {state}");
}

#[test]
fn a_self_check_notices_an_older_copy_and_a_changed_line() {
    let desk = demonstration();
    desk.run("self-check L --once").with(0);
    let journal = desk.path("L/journal/00000000000000000000.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replacen("演示", "演练", 1)).unwrap();
    let changed = desk.run("self-check L --once --json").with(1).json();
    assert_eq!(changed["findings"][0]["kind"], "damage", "{changed}");
    std::fs::write(&journal, text).unwrap();

    // The head beside the folder counts more lines than the folder has: the folder was restored from a copy.
    desk.run("demo M").with(0);
    desk.run("attest M --as-of 2022-12-31").with(0);
    std::fs::copy(desk.path("M.head"), desk.path("L.head")).unwrap();
    let older = desk.run("self-check L --once --json").with(1).json();
    assert_eq!(older["findings"][0]["kind"], "kept-head", "{older}");
}

#[test]
fn a_self_check_goes_on_until_it_is_stopped() {
    let desk = demonstration();
    let mut command = desk.command();
    command.args(["self-check", "L", "--every", "1s"]).stderr(std::process::Stdio::null());
    let mut running = command.spawn().unwrap();
    let mut checked = std::collections::BTreeSet::new();
    while checked.len() < 2 {
        // The file is whole whenever it is there.
        if let Ok(text) = std::fs::read_to_string(desk.path("L/self-check.json")) {
            let said: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(said["holds"], true);
            checked.insert(said["checked_at"].as_str().unwrap().to_owned());
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let stop = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status();
    assert!(stop.unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(0));
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

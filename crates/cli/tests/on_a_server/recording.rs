//! The commands that record, one after another on both desks: the same words must have the same end.

use serde_json::Value;

use super::common::{Desk, Said};
use super::masked::masked;
use super::served;
use super::table::{Tried, assert_all_tried};

/// A command line, the code it ends with, and what later lines take from its answer: a name and where it stands.
type Act = (&'static str, i32, &'static [(&'static str, &'static str)]);

const ACTS: &[Act] = &[
    ("template --unit guixi --period 2022-04 form.xlsx", 0, &[]),
    ("submit bad.csv --unit guixi --period 2022-04", 1, &[]),
    ("submit april.csv --unit guixi --period 2022-04 --dry-run", 0, &[]),
    ("submit april.csv --unit guixi --period 2022-04", 0, &[("figure", "/lines/1/hash")]),
    ("submit april.csv --unit guixi --period 2022-04", 0, &[]),
    ("figure approve {figure}", 1, &[]),
    ("figure correct {figure} --value 61.2 --reason-code misreported", 0, &[("corrected", "/lines/0/hash")]),
    ("figure verify {corrected} --note 与台账一致", 0, &[]),
    ("figure approve {corrected}", 0, &[]),
    ("figures --indicator value-added --area guixi --all", 0, &[]),
    ("figure withdraw {corrected} --reason 口径有误", 0, &[]),
    ("evidence april.csv --title 佐证", 0, &[]),
    ("period extend 2022-04 --due 2022-05-02T18:00 --reason 系统维护 --unit guixi", 0, &[]),
    ("period close 2022-04", 0, &[]),
    ("period open 2022-05 --starts 2022-01-01 --ends 2022-05-25 --due 2022-05-30T18:00", 0, &[]),
    ("period list", 0, &[]),
    (
        "target revise value-added guixi --year 2022 --to 240 --document 文件 --reason 调整 --effective-from 2022-07-01",
        0,
        &[],
    ),
    ("award bonus honours --area guixi --document 通报 --on 2022-06-10", 0, &[]),
    (
        "award deduct late-filing --area guixi --document 通报 --on 2022-06-11",
        0,
        &[("deduction", "/lines/0/hash")],
    ),
    ("award revoke {deduction} --reason 申诉成立", 0, &[]),
    ("award revoke {deduction} --reason 再来一次", 1, &[]),
    ("award list", 0, &[]),
    ("unit register new-unit --name 新单位 --kind bureau --alias 新 --submission {id}", 0, &[]),
    ("unit register new-unit --name 新单位 --kind bureau --alias 新 --submission {id}", 0, &[]),
    ("unit register new-unit --name 另一单位 --kind bureau --submission {id}", 1, &[]),
    ("unit list", 0, &[]),
    ("duty assign new-unit verifies --indicator gdp --area guixi", 0, &[("duty", "/lines/0/hash")]),
    ("duty end {duty} --reason 职责调整", 0, &[]),
    ("duty list", 0, &[]),
    ("rules list", 0, &[]),
    ("rules show", 0, &[]),
    ("key new --unit guixi guixi.key", 0, &[("vkey", "/verifier_key")]),
    ("key enrol {vkey} --holder guixi", 0, &[]),
    ("submit may.csv --unit guixi --period 2022-05", 1, &[]),
    ("submit may.csv --unit guixi --period 2022-05 --key guixi.key", 0, &[]),
    ("statement --period 2022-05 --as guixi --key guixi.key --lines 1", 1, &[]),
    ("statement --period 2022-05 --as guixi --key guixi.key", 0, &[]),
    ("key rotate", 0, &[]),
    ("attest --as-of 2022-12-31", 0, &[]),
    ("key new --member member-1 member-1.key", 0, &[("first", "/verifier_key")]),
    ("key new --member member-2 member-2.key", 0, &[("second", "/verifier_key")]),
    (
        "committee appoint --member member-1:assessment-committee:{first} --member member-2:assessment-committee:{second} --quorum 2 --document 任命文件",
        0,
        &[],
    ),
    ("committee show", 0, &[]),
    ("snapshot propose --year 2022 --kind year-end", 1, &[]),
    ("snapshot propose --year 2022 --kind year-end --waive 演示", 0, &[]),
    (
        "objection file --grounds 漏计补报 --area guixi --indicator value-added --as guixi --key guixi.key",
        0,
        &[("objection", "/lines/0/hash")],
    ),
    ("objection decide {objection} --outcome dismissed --reason 口径无误", 0, &[]),
    ("objection list", 0, &[]),
    ("snapshot approve --key member-1.key", 0, &[]),
    ("snapshot approve --key member-1.key", 1, &[]),
    ("snapshot approve --key member-2.key", 0, &[]),
    ("snapshot status", 0, &[]),
    ("snapshot show", 0, &[]),
    ("snapshot publish --document 通报", 0, &[]),
    ("snapshot list", 0, &[]),
    ("account first", 0, &[]),
    ("account add wang.fang --person 演示数据 --id guixi.report", 0, &[]),
    ("account role grant wang.fang reporter --unit guixi --from 2026-01-01", 0, &[]),
    ("account role grant wang.fang leader --unit nowhere", 1, &[]),
    ("account list", 0, &[]),
    ("account log", 0, &[]),
    ("restore --reason 没有失去什么", 1, &[]),
    ("head --rebuild-tiles", 0, &[]),
];

/// A submission's id, the same on both desks.
const ID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn provide(desk: &Desk) {
    desk.csv("bad.csv", &["value-added,guixi,1.5万,快报"]);
    desk.csv("april.csv", &["value-added,guixi,60.1,快报"]);
    desk.csv("may.csv", &["value-added,guixi,75.3,快报"]);
}

/// One desk's way through the acts.
struct Way<'a> {
    desk: &'a Desk,
    known: Vec<(&'static str, String)>,
}

impl Way<'_> {
    fn run(&mut self, (line, code, keep): Act) -> Said {
        let line = self
            .known
            .iter()
            .fold(line.to_owned(), |line, (name, value)| line.replace(&format!("{{{name}}}"), value));
        let said = self.desk.run(&format!("--ledger L {line} --json"));
        assert_eq!(said.code, code, "{line}: {}{}", said.out, said.err);
        for (name, place) in keep {
            let found = said.json().pointer(place).and_then(Value::as_str).map(str::to_owned);
            self.known.push((name, found.unwrap_or_else(|| panic!("{line}: no {place} in {}", said.out))));
        }
        said
    }
}

#[test]
fn what_is_recorded_on_a_server_is_said_and_refused_as_on_a_disk() {
    let (journal, server) = (Desk::opened(), served());
    let known = || vec![("id", ID.to_owned())];
    let mut ways = [&journal, &server.desk].map(|desk| {
        provide(desk);
        Way { desk, known: known() }
    });
    for act in ACTS {
        let [on_disk, on_server] = ways.each_mut().map(|way| way.run(*act));
        // A head's 24 words follow from its root.
        if act.0.starts_with("head") {
            continue;
        }
        assert_eq!(masked(&on_server.out), masked(&on_disk.out), "{}", act.0);
        assert_eq!(masked(&on_server.err), masked(&on_disk.err), "{}", act.0);
    }
    // A status names its engine, and is otherwise the same.
    let [on_disk, on_server] = [&journal, &server.desk].map(|desk| desk.json("--ledger L status"));
    for member in ["lines", "figure_versions", "origin"] {
        assert_eq!(on_server[member], on_disk[member], "{member}");
    }
    // There are no segments on a server.
    let compressed = [&journal, &server.desk].map(|desk| desk.run("--ledger L compress").code);
    assert_eq!(compressed, [0, 2]);
    for desk in [&journal, &server.desk] {
        assert_eq!(desk.json("verify L")["clean"], true);
    }
    let outside = ["init", "status", "compress"].into_iter();
    assert_all_tried(&Tried::Recording, ACTS.iter().map(|act| act.0).chain(outside));
}

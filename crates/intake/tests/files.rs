//! CSV and JSON files: what is taken, and what is answered.

mod common;

use common::{MONTH, World, codes, told};
use events::{Channel, Event, UnitId};
use intake::{Context, Intake, Refused, read_submission};

const HEADER: &str =
    "指标代码,地区代码,计量单位,数据截止日,数值,数据状态,无数原因,提醒确认,更正原因,是否实质更正,更正说明";

/// A CSV file with one row, as guixi sends it for April.
fn csv(world: &World, row: &str) -> Result<Intake, Refused> {
    csv_bytes(world, format!("{HEADER}\n{row}\n").as_bytes())
}

fn csv_bytes(world: &World, bytes: &[u8]) -> Result<Intake, Refused> {
    let (unit, period) = ("guixi".parse::<UnitId>().unwrap(), MONTH.parse().unwrap());
    let context = Context { unit: Some(&unit), period: Some(&period), ..world.context() };
    read_submission(bytes, "table.csv", &context)
}

fn row_code(row: &str) -> Vec<&'static str> {
    codes(&csv(&World::new(), row).expect_err("must be answered"))
}

#[test]
fn a_csv_file_is_recorded() {
    let mut world = World::new();
    let intake = csv(&world, "online-retail,guixi,亿元,,4.10,快报,,,,,").unwrap();
    let Event::SubmissionFiled(filed) = &intake.submission().events[0] else { panic!("filed first") };
    assert_eq!(filed.channel, Channel::Csv);
    world.record(intake.into_submission());
}

#[test]
fn gbk_is_read_and_said() {
    let text = format!("{HEADER}\r\nonline-retail,guixi,亿元,2022-04-25,4.10,快报,,,,,\r\n");
    let (bytes, _, _) = encoding_rs::GBK.encode(&text);
    assert!(csv_bytes(&World::new(), &bytes).unwrap().from_gbk());
}

#[test]
fn a_csv_file_saved_from_the_form_is_held_to_it() {
    let world = World::new();
    let mark = world.form("guixi", MONTH).texts("数据")[&(3, 1)].clone();
    let text = format!("标题\n{mark}\n{HEADER}\nonline-retail,guixi,亿元,,4.10,快报,,,,,\n");
    assert_eq!(world.read(text.as_bytes(), "x.csv").unwrap().submission().unit.as_str(), "guixi");
    let other = text.replace("|guixi|", "|yujiang|");
    assert_eq!(codes(&csv_bytes(&world, other.as_bytes()).unwrap_err()), ["form-of-other-unit"]);
}

#[test]
fn a_file_that_says_nothing_of_itself_needs_unit_and_period() {
    let text = format!("{HEADER}\nonline-retail,guixi,亿元,,4.10,快报,,,,,\n");
    let refused = World::new().read(text.as_bytes(), "x.csv").unwrap_err();
    assert_eq!(codes(&refused), ["unit-unsaid", "period-unsaid"]);
}

#[test]
fn each_slip_in_a_row_has_its_answer() {
    for (row, code) in [
        ("online-retail,guixi,亿元,,1.5万,快报,,,,,", "number-in-words"),
        ("online-retail,guixi,亿元,,４.１,快报,,,,,", "number-in-words"),
        ("online-retail,guixi,万元,,4.1,快报,,,,,", "wrong-measure"),
        ("online-retail,guixi,亿元,44676,4.1,快报,,,,,", "date-serial"),
        ("online-retail,guixi,亿元,2022/4/25,4.1,快报,,,,,", "bad-date"),
        ("online-retail,guixi,亿元,,4.1,,,,,,", "status-missing"),
        ("online-retail,guixi,亿元,,4.1,大概,,,,,", "bad-word"),
        ("online-retail,guixi,亿元,,4.1,快报,暂无,,,,", "value-and-absence"),
        ("online-retail,guixi,亿元,,,快报,,,,,", "row-without-value"),
        ("online-retail,guixi,亿元,,暂无,快报,,,,,", "means-absence"),
        ("online-retail,guixi,亿元,,4.1,快报,,,错报,否,", "nothing-to-correct"),
        ("online-retail,guixi,亿元,,4.1,快报,,,,,说明", "note-without-correction"),
        ("online-retail,,亿元,,4.1,快报,,,,,", "cell-missing"),
        ("网络零售额,guixi,亿元,,4.1,快报,,,,,", "bad-id"),
        ("online,guixi,亿元,,4.1,快报,,,,,", "unknown-indicator"),
        ("online-retail,shanghai,亿元,,4.1,快报,,,,,", "unknown-area"),
        ("online-retail,guixi,亿元,,4.1,快报,,e\u{301}te,,,", "bad-text"),
    ] {
        assert_eq!(row_code(row), [code], "{row}");
    }
}

#[test]
fn a_serial_number_of_a_day_is_read_back_to_people() {
    let refused = csv(&World::new(), "online-retail,guixi,亿元,44676,4.1,快报,,,,,").unwrap_err();
    assert!(told(&refused)[0].contains("2022-04-25"), "{:?}", told(&refused));
}

#[test]
fn a_row_without_a_value_says_why() {
    let mut world = World::new();
    let intake = csv(&world, "online-retail,guixi,亿元,,,,暂无,,,,").unwrap();
    let Event::FigureReported(figure) = &intake.submission().events[1] else { panic!("a figure") };
    assert_eq!(figure.value.to_string(), "not-available");
    world.record(intake.into_submission());
}

#[test]
fn a_correction_needs_reason_and_material() {
    let mut world = World::new();
    world.record(csv(&world, "online-retail,guixi,,,4.1,快报,,,,,").unwrap().into_submission());
    let code = |row: &str| codes(&csv(&world, row).unwrap_err());
    assert_eq!(code("online-retail,guixi,,,4.2,快报,,,错报,,"), ["correction-incomplete"]);
    assert_eq!(code("online-retail,guixi,,,4.2,快报,,,,否,"), ["correction-incomplete"]);
    assert_eq!(code("online-retail,guixi,,,4.2,快报,,,其他,否,"), ["correction-incomplete"]);
    assert_eq!(code("online-retail,guixi,,,4.2,快报,,,,,说明"), ["already-reported"]);
    assert!(csv(&world, "online-retail,guixi,,,4.2,快报,,,错报,否,").is_ok());
}

#[test]
fn one_bad_row_refuses_the_file_and_all_bad_rows_are_listed() {
    let world = World::new();
    let text = format!(
        "{HEADER}\nonline-retail,guixi,,,4.1,快报,,,,,\nonline-retail,guixi,,,4.1,快报,,,,,\nx,y,,,一,无,,,,,\n"
    );
    let refused = csv_bytes(&world, text.as_bytes()).unwrap_err();
    assert_eq!(codes(&refused), ["duplicate-row", "unknown-indicator", "unknown-area", "bad-word"]);
    assert!(told(&refused)[0].starts_with("第 3 行"), "{:?}", told(&refused));
}

fn json(text: &str) -> Result<Intake, Refused> {
    World::new().read(text.as_bytes(), "x.json")
}

const FIGURE: &str = r#"{"indicator":"online-retail","area":"guixi","value":"4.10","status":"快报"}"#;

/// BLAKE3 of an empty document.
const DOCUMENT: &str = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

fn friendly(figure: &str) -> String {
    format!(r#"{{"unit":"guixi","period":"2022-04","figures":[{figure}]}}"#)
}

#[test]
fn a_json_document_is_recorded() {
    let mut world = World::new();
    let evidence =
        format!(r#"{{"blake3":"{DOCUMENT}","bytes":0,"media_type":"application/pdf","title":"佐证"}}"#);
    let text = format!(
        r#"{{"unit":"guixi","period":"2022-04","submission":"21b8fe74-5835-47b7-86ce-03dafc1e21f9","figures":[{FIGURE}],
            "narrative":{{"progress":"- 推进","tasks":[3]}},"evidence":[{evidence}]}}"#
    );
    let intake = world.read(text.as_bytes(), "x.json").unwrap();
    let names: Vec<&str> = intake.submission().events.iter().map(|own| own.kind().name()).collect();
    assert_eq!(names, ["submission-filed", "figure-reported", "narrative-reported", "evidence-attached"]);
    assert_eq!(intake.submission().submission.to_string(), "21b8fe74-5835-47b7-86ce-03dafc1e21f9");
    world.record(intake.into_submission());
}

#[test]
fn a_correction_names_the_documents_behind_it() {
    let mut world = World::new();
    world.record(world.read(friendly(FIGURE).as_bytes(), "x.json").unwrap().into_submission());
    let correction = format!(r#","correction_reason":"错报","material":true,"evidence":["{DOCUMENT}"]}}"#);
    let corrected = FIGURE.replace("4.10", "4.11").replace('}', &correction);
    let intake = world.read(friendly(&corrected).as_bytes(), "x.json").unwrap();
    let Event::FigureCorrected(event) = &intake.submission().events[1] else { panic!("a correction") };
    assert_eq!(event.evidence, [DOCUMENT.parse().unwrap()]);
    world.record(intake.into_submission());
}

#[test]
fn a_json_document_is_answered_by_path() {
    for (figure, place, code) in [
        (FIGURE.replace("\"4.10\"", "4.10"), "figures[0].value", "number-not-text"),
        (FIGURE.replace("\"4.10\"", "4"), "figures[0].value", "number-not-text"),
        (FIGURE.replace("\"4.10\"", "null"), "figures[0].value", "member-type"),
        (FIGURE.replace("\"4.10\"", "\"4万\""), "figures[0].value", "number-in-words"),
        (FIGURE.replace("\"value\"", "\"valeu\""), "figures[0].valeu", "member-unknown"),
        (FIGURE.replace("\"value\"", "\"area\""), "figures[0].status", "broken-json"),
        (FIGURE.replace("online-retail", "online"), "figures[0].indicator", "unknown-indicator"),
        (FIGURE.replace('}', r#","evidence":7}"#), "figures[0].evidence", "member-type"),
        (FIGURE.replace('}', r#","evidence":[7]}"#), "figures[0].evidence[0]", "member-type"),
        (FIGURE.replace('}', r#","evidence":["AF13"]}"#), "figures[0].evidence", "bad-hash"),
        (
            FIGURE.replace('}', &format!(r#","evidence":["{DOCUMENT}"]}}"#)),
            "figures[0].evidence",
            "evidence-without-correction",
        ),
        (format!("{FIGURE},{FIGURE}"), "figures[1]", "duplicate-entry"),
        ("7".to_owned(), "figures[0]", "member-type"),
    ] {
        let refused = json(&friendly(&figure)).expect_err("must be answered");
        assert_eq!(codes(&refused)[0], code, "{figure}");
        assert_eq!(refused.problems[0].place.to_string(), format!("JSON {place}"), "{figure}");
    }
}

#[test]
fn a_name_that_stands_twice_is_named() {
    let refused = json(&friendly(&FIGURE.replace("\"value\"", "\"area\""))).unwrap_err();
    assert!(told(&refused)[0].contains("成员“area”出现了两次"), "{:?}", told(&refused));
}

#[test]
fn whatever_is_wrong_with_a_document_is_answered() {
    for (text, code) in [
        ("{\"unit\":\"guixi\",}", "broken-json"),
        ("[]", "member-type"),
        ("{}", "unit-unsaid"),
        (r#"{"unit":"贵溪","period":"2022-04"}"#, "bad-id"),
        (r#"{"unit":"guixi","period":"2022-04","figures":{}}"#, "member-type"),
        (r#"{"unit":"guixi","period":"2022-04"}"#, "nothing-filled"),
        (
            r#"{"unit":"guixi","period":"2022-04","submission":"21B8FE74-5835-47B7-86CE-03DAFC1E21F9"}"#,
            "bad-uuid",
        ),
        (r#"{"unit":"guixi","period":"2022-04","narrative":{"results":"x"}}"#, "narrative-incomplete"),
        (r#"{"unit":"guixi","period":"2022-04","narrative":{"progress":"x","tasks":[70000]}}"#, "bad-tasks"),
        (r#"{"unit":"guixi","period":"2022-04","evidence":[{}]}"#, "member-missing"),
        (r#"{"events":[],"submission":"","unit":"guixi"}"#, "member-missing"),
        (r#"{"events":[],"submission":"21b8fe74-5835-47b7-86ce-03dafc1e21f9","unit":" "}"#, "member-missing"),
        (&raw(&RETURN.replace("figure-returned", "")), "member-missing"),
    ] {
        assert_eq!(codes(&json(text).expect_err("must be answered"))[0], code, "{text}");
    }
}

const RETURN: &str = r#"{"data":{"figure":"af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262","reason":"请核对"},"type":"figure-returned","version":1}"#;

fn raw(event: &str) -> String {
    format!(
        r#"{{"events":[{event}],"submission":"21b8fe74-5835-47b7-86ce-03dafc1e21f9","unit":"digital-office"}}"#
    )
}

#[test]
fn a_raw_document_is_what_is_signed() {
    let text = raw(RETURN);
    let world = World::new();
    let intake = world.read(text.as_bytes(), "x.json").unwrap();
    let prepared = domain::ledger::Prepared::new(intake.submission().clone()).unwrap();
    assert_eq!(String::from_utf8(prepared.payload()).unwrap(), text);
    let located = intake.locate(&world.problems(&intake));
    let unknown = located.iter().find(|own| own.code == "unknown-event").expect("no such figure");
    assert_eq!(unknown.place.to_string(), "JSON events[0]");
}

#[test]
fn a_raw_documents_account_and_signature_are_kept() {
    let beside = r#""by":"tester","signature":{"key":"guixi+17350028+A","sig":"R59o"},"events""#;
    let intake = json(&raw(RETURN).replacen("\"events\"", beside, 1)).unwrap();
    assert_eq!(intake.submission().signature.as_ref().unwrap().key, "guixi+17350028+A");
    let other = raw(RETURN).replacen("\"events\"", r#""by":"somebody","events""#, 1);
    assert_eq!(codes(&json(&other).unwrap_err()), ["other-account"]);
}

#[test]
fn an_event_of_another_shape_is_told_what_is_missing() {
    for (event, says) in [
        (RETURN.replace(r#","reason":"请核对""#, ""), "缺少成员 `reason`"),
        (RETURN.replace("\"reason\"", "\"raison\""), "不认识的成员 `raison`"),
        (RETURN.replace("figure-returned", "figure-deleted"), "没有“figure-deleted”这种事件"),
        (RETURN.replace("\"version\":1", "\"version\":7"), "没有版本 7"),
    ] {
        let refused = json(&raw(&event)).expect_err("must be answered");
        assert_eq!(codes(&refused), ["bad-event"], "{event}");
        assert!(told(&refused)[0].contains(says), "{:?}", told(&refused));
    }
    let spelled_out = raw(
        r#"{"data":{"channel":"json","confirmed":[],"period":"2022-04"},"type":"submission-filed","version":1}"#,
    );
    assert!(told(&json(&spelled_out).unwrap_err())[0].contains("规范的写法是"));
}

#[test]
fn two_ids_for_one_submission_are_one_too_many() {
    let world = World::new();
    let context = Context { submission: Some(uuid::Uuid::from_u128(7)), ..world.context() };
    let refused = read_submission(raw(RETURN).as_bytes(), "x.json", &context).unwrap_err();
    assert_eq!(codes(&refused), ["other-submission"]);
}

#[test]
fn a_file_that_is_none_of_these_is_told_what_it_is() {
    let code = |bytes: &[u8], name| codes(&World::new().read(bytes, name).unwrap_err());
    assert_eq!(code(b"", "x.xlsx"), ["empty-file"]);
    assert_eq!(code(b"%PDF-1.7\n%", "x.xlsx"), ["pdf-file"]);
    assert_eq!(code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x.xlsx"), ["old-excel"]);
    assert_eq!(code(b"plain", "x.xlsx"), ["not-a-zip"]);
    assert_eq!(code(b"\x89PNG", "x.png"), ["unknown-format"]);
    assert_eq!(code(&vec![b'{'; 9 << 20], "x.json"), ["file-too-large"]);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_document_panic(text in "[\\{\\}\\[\\]\",:a-z0-9.\\\\ ]{0,120}") {
        let empty = domain::book::Book::default();
        let by = "tester".parse().unwrap();
        let _ = read_submission(text.as_bytes(), "x.json", &Context::new(&empty, &by));
    }
}

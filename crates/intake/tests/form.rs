//! The form's way: made from the ledger, filled in, read back, decided, recorded.

mod common;

use common::{Form, MONTH, World, address, codes, told};
use events::{Channel, CorrectionReason, Event, FigureStatus};
use intake::Column;

const RETAIL: &str = "online-retail";
const GUIXI: &str = "guixi";
/// BLAKE3 of two documents.
const SHEET: &str = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
const NOTICE: &str = "d74981efa70a0c880b8d8c1985d075dbcbf679b99a5f9914e5aaf96b831a9e24";

fn filled(world: &World, value: &str) -> Form {
    let typed = [(Column::Value, value), (Column::Status, "快报")];
    world.form(GUIXI, MONTH).fill(RETAIL, GUIXI, &typed)
}

#[test]
fn a_filled_form_is_recorded() {
    let mut world = World::new();
    let form = filled(&world, "4.10").tell("工作进展", "新增电商园区一个").tell("涉及任务编号", "3、15");
    let intake = world.read(&form.bytes, "guixi.xlsx").unwrap();
    let rows = form.texts("数据").keys().filter(|(_, column)| *column == 1).count() - 5;
    assert_eq!(intake.blank(), rows - 1);
    let [Event::SubmissionFiled(filed), Event::FigureReported(figure), Event::NarrativeReported(told)] =
        intake.submission().events.as_slice()
    else {
        panic!("{:?}", intake.submission().events);
    };
    assert_eq!(filed.channel, Channel::Excel);
    assert_eq!(filed.source, Some(chain::hash::content_hash(&form.bytes)));
    assert_eq!((figure.value.to_string(), figure.as_at.to_string()), ("4.10".into(), "2022-04-25".into()));
    assert_eq!((told.progress.as_str(), told.tasks.as_slice()), ("新增电商园区一个", &[3, 15][..]));
    assert_eq!(world.problems(&intake), []);
    world.record(intake.into_submission());
}

#[test]
fn the_same_file_sent_twice_is_known_by_its_id() {
    let mut world = World::new();
    let form = filled(&world, "4.10");
    let intake = world.read(&form.bytes, "form.xlsx").unwrap();
    let id = intake.submission().submission;
    world.record(intake.into_submission());
    let again = world.read(&form.bytes, "form.xlsx").unwrap_err();
    assert_eq!(codes(&again), ["nothing-new"]);
    assert_eq!(again.submission, Some(id));
    assert!(world.ledger.place_of(&id).is_some());
}

#[test]
fn a_form_shows_what_stands_and_takes_its_correction() {
    let mut world = World::new();
    world.record(world.read(&filled(&world, "4.10").bytes, "").unwrap().into_submission());
    let form = world.form(GUIXI, MONTH);
    assert_eq!(form.shown(RETAIL, GUIXI, Column::LastValue), "4.10");
    assert_eq!(form.shown(RETAIL, GUIXI, Column::LastStatus), "快报 · 已报送");
    let hashes = format!("{SHEET}，{NOTICE} {SHEET}");
    let typed = [
        (Column::Value, "4.12"),
        (Column::Status, "初步"),
        (Column::CorrectionReason, "数据修订"),
        (Column::Material, "否"),
        (Column::Note, "平台补报"),
        (Column::Evidence, hashes.as_str()),
    ];
    let intake = world.read(&form.fill(RETAIL, GUIXI, &typed).bytes, "").unwrap();
    let Event::FigureCorrected(corrected) = &intake.submission().events[1] else { panic!("a correction") };
    let named = world.ledger.book().figure_ix(&corrected.corrects).unwrap();
    assert_eq!(world.ledger.book().figure(named).value.to_string(), "4.10");
    assert_eq!((corrected.reason, corrected.material), (CorrectionReason::DataRevised, false));
    assert_eq!(corrected.status, FigureStatus::Provisional);
    assert_eq!(corrected.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(), [SHEET, NOTICE]);
    world.record(intake.into_submission());
    assert_eq!(world.form(GUIXI, MONTH).shown(RETAIL, GUIXI, Column::LastValue), "4.12");
}

#[test]
fn a_returned_figure_asks_for_its_correction() {
    let mut world = World::new();
    world.record(world.read(&filled(&world, "4.10").bytes, "").unwrap().into_submission());
    world.return_figure(RETAIL, GUIXI);
    let form = world.form(GUIXI, MONTH);
    assert_eq!(form.shown(RETAIL, GUIXI, Column::LastStatus), "快报 · 已退回，请更正");
    let same = [(Column::Value, "4.10"), (Column::Status, "快报")];
    assert_eq!(
        codes(&world.read(&form.clone().fill(RETAIL, GUIXI, &same).bytes, "").unwrap_err()),
        ["returned-figure"]
    );
    // The unit stands by its figure, and says so.
    let stands = [
        &same[..],
        &[(Column::CorrectionReason, "其他"), (Column::Material, "否"), (Column::Note, "核实无误")],
    ]
    .concat();
    let intake = world.read(&form.fill(RETAIL, GUIXI, &stands).bytes, "").unwrap();
    world.record(intake.into_submission());
}

#[test]
fn a_recorded_figure_is_never_written_over() {
    let mut world = World::new();
    world.record(world.read(&filled(&world, "4.10").bytes, "").unwrap().into_submission());
    let refused = world.read(&filled(&world, "4.11").bytes, "").unwrap_err();
    assert_eq!(codes(&refused), ["already-reported"]);
    assert!(refused.problems[0].to_string().contains("已报过 4.10"), "{:?}", told(&refused));
    // 4.1 says less than 4.10, so it is no repetition either.
    assert_eq!(codes(&world.read(&filled(&world, "4.1").bytes, "").unwrap_err()), ["already-reported"]);
}

#[test]
fn a_form_sent_in_part_can_be_filled_further() {
    let mut world = World::new();
    let first = filled(&world, "4.10");
    world.record(world.read(&first.bytes, "").unwrap().into_submission());
    let more = first.tell("工作进展", "继续推进");
    let intake = world.read(&more.bytes, "").unwrap();
    assert_eq!(intake.unchanged().len(), 1);
    assert_eq!(intake.submission().events.len(), 2);
    world.record(intake.into_submission());
}

#[test]
fn equal_requests_give_equal_bytes() {
    let world = World::new();
    assert_eq!(world.form(GUIXI, MONTH).bytes, world.form(GUIXI, MONTH).bytes);
    assert_ne!(world.form(GUIXI, MONTH).bytes, world.form(GUIXI, "2022-05").bytes);
}

#[test]
fn only_assessed_cells_of_the_unit_are_on_its_form() {
    let world = World::new();
    let form = world.form(GUIXI, MONTH);
    let texts = form.texts("数据");
    let header = texts.iter().find(|(_, text)| *text == "指标代码").unwrap().0.0;
    let areas: Vec<&String> =
        texts.iter().filter(|((row, column), _)| *row > header && *column == 3).map(|(_, t)| t).collect();
    assert!(areas.len() > 20 && areas.iter().all(|area| *area == GUIXI));
    let plan = seeds::yingtan_2022();
    for ((_, _), id) in texts.iter().filter(|((row, column), _)| *row > header && *column == 1) {
        let row = plan.indicator(&id.parse().unwrap()).unwrap();
        assert!(row.bonus.is_none());
        let target = plan.target(row, &GUIXI.parse().unwrap(), 2022);
        assert!(!matches!(target, events::Target::NotAssessed | events::Target::Void), "{id}");
    }
}

#[test]
fn only_input_cells_are_open_and_every_sheet_says_that_figures_are_made_up() {
    let form = World::new().form(GUIXI, MONTH);
    for sheet in ["数据", "进展", "填报说明", "表单信息"] {
        assert!(form.part(&form.part_of(sheet)).contains("<sheetProtection"), "{sheet}");
        assert!(form.texts(sheet).values().any(|text| text.contains("演示数据")), "{sheet}");
    }
    let xml = form.part(&form.part_of("数据"));
    for list in ["快报,初步,最终,估计", "暂无,不适用,不予公布", "是,否"] {
        assert!(xml.contains(list), "no drop-down {list}");
    }
    let row = form.row(RETAIL, GUIXI);
    let style = |column| {
        let start = format!("<c r=\"{}\" s=\"", address(row, column));
        let at = xml.find(&start).unwrap() + start.len();
        xml[at..].split('"').next().unwrap().parse::<usize>().unwrap()
    };
    let styles = form.part("xl/styles.xml");
    let formats: Vec<&str> = styles.split("<cellXfs").nth(1).unwrap().split("<xf ").skip(1).collect();
    for column in Column::ALL {
        assert_eq!(formats[style(*column)].contains("locked=\"0\""), column.is_input(), "{column:?}");
    }
}

#[test]
fn a_week_asks_for_progress_only() {
    let mut world = World::new();
    let form = world.form(GUIXI, "2022-w17");
    let names: Vec<String> = intake::read_workbook_bytes(&form.bytes)
        .unwrap()
        .sheets
        .into_iter()
        .map(|sheet| sheet.name)
        .collect();
    assert_eq!(names, ["进展", "填报说明", "表单信息"]);
    let intake = world.read(&form.tell("工作进展", "召开调度会").bytes, "").unwrap();
    world.record(intake.into_submission());
}

#[test]
fn an_empty_form_is_answered() {
    let world = World::new();
    let form = world.form(GUIXI, MONTH);
    assert_eq!(codes(&world.read(&form.bytes, "").unwrap_err()), ["nothing-filled"]);
    let half = form.tell("工作亮点", "获奖");
    assert_eq!(codes(&world.read(&half.bytes, "").unwrap_err()), ["narrative-incomplete"]);
}

#[test]
fn a_form_is_held_to_ledger_unit_period_and_version() {
    let world = World::new();
    let form = filled(&world, "4.10");
    let strings = "xl/sharedStrings.xml";
    let marked = |from: &str, to: &str| form.with_part(strings, |xml| xml.replace(from, to));
    let code = |form: &Form| codes(&world.read(&form.bytes, "").unwrap_err());
    assert_eq!(code(&marked("表|1|ledger.", "表|0|ledger.")), ["form-version"]);
    assert_eq!(code(&marked("|ledger.example.org", "|elsewhere.example.org")), ["form-of-other-ledger"]);
    assert_eq!(code(&marked("|yingtan-2022|", "|yingtan|")), ["unknown-plan"]);
    assert_eq!(code(&marked("|guixi|2022-04", "|guixi|2031-04")), ["unknown-period"]);
    assert_eq!(code(&marked("|guixi|2022-04", "|贵溪|2022-04")), ["form-mark"]);
    let unit = "yujiang".parse().unwrap();
    let period = "2022-05".parse().unwrap();
    let other = intake::Context { unit: Some(&unit), period: Some(&period), ..world.context() };
    let refused = intake::read_submission(&form.bytes, "", &other).unwrap_err();
    assert_eq!(codes(&refused), ["form-of-other-unit", "form-of-other-period"]);
}

#[test]
fn a_workbook_of_ones_own_is_told_to_take_the_form() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().write(0, 0, "指标代码").unwrap();
    let refused = World::new().read(&workbook.save_to_buffer().unwrap(), "x.xlsx").unwrap_err();
    assert_eq!(codes(&refused), ["form-missing"]);
}

#[test]
fn what_was_done_to_a_form_is_told_by_sheet_row_and_column() {
    let world = World::new();
    let form = filled(&world, "1.5万");
    let row = form.row(RETAIL, GUIXI);
    let measure = form.shown(RETAIL, GUIXI, Column::Measure);
    let refused = world.read(&form.bytes, "").unwrap_err();
    let place = format!("工作表“数据”第 {row} 行 L 列（数值）：");
    assert!(told(&refused)[0].starts_with(&place), "{:?}", told(&refused));
    assert!(told(&refused)[0].contains(&measure));

    let form = world.form(GUIXI, MONTH);
    let value = address(row, Column::Value);
    let formula = form.clone().with_cell("数据", &value, "<f>1+1</f><v>2</v>");
    assert_eq!(codes(&world.read(&formula.bytes, "").unwrap_err())[0], "formula-cell");
    let merged = filled(&world, "4.10").with_part("xl/worksheets/sheet1.xml", |xml| {
        let cells = format!("<mergeCells count=\"1\"><mergeCell ref=\"L{row}:L{}\"/></mergeCells>", row + 1);
        xml.replacen("<dataValidations", &format!("{cells}<dataValidations"), 1)
    });
    assert_eq!(codes(&world.read(&merged.bytes, "").unwrap_err()), ["merged-cell"]);
    let stray = filled(&world, "4.10").tell("工作进展", "x").with_part("xl/worksheets/sheet2.xml", |xml| {
        xml.replacen(
            "</row></sheetData>",
            "<c r=\"D9\" t=\"inlineStr\"><is><t>补充</t></is></c></row></sheetData>",
            1,
        )
    });
    assert_eq!(codes(&world.read(&stray.bytes, "").unwrap_err()), ["stray-text"]);
    let renamed = filled(&world, "4.10")
        .with_part("xl/workbook.xml", |xml| xml.replace("name=\"数据\"", "name=\"草稿\""));
    assert!(codes(&world.read(&renamed.bytes, "").unwrap_err()).contains(&"stray-sheet"));
}

#[test]
fn a_number_typed_as_a_number_is_taken_if_it_is_a_decimal() {
    let world = World::new();
    let form = world.form(GUIXI, MONTH).fill(RETAIL, GUIXI, &[(Column::Status, "快报")]);
    let value = address(form.row(RETAIL, GUIXI), Column::Value);
    let typed = form.clone().with_cell("数据", &value, "<v>4.1</v>");
    let intake = world.read(&typed.bytes, "").unwrap();
    let Event::FigureReported(figure) = &intake.submission().events[1] else { panic!("a figure") };
    assert_eq!(figure.value.to_string(), "4.1");
    let computed = form.with_cell("数据", &value, "<v>0.30000000000000004</v>");
    assert_eq!(codes(&world.read(&computed.bytes, "").unwrap_err()), ["too-many-digits"]);
}

#[test]
fn the_domains_answer_stands_at_its_cell() {
    let world = World::new();
    let form = filled(&world, "-4").tell("工作进展", &"长".repeat(4_001));
    let row = form.row(RETAIL, GUIXI);
    let intake = world.read(&form.bytes, "").unwrap();
    let located = intake.locate(&world.problems(&intake));
    let codes: Vec<&str> = located.iter().map(|own| own.code).collect();
    assert_eq!(codes, ["negative", "too-long-text"], "{located:#?}");
    assert_eq!(located[0].place.to_string(), format!("工作表“数据”第 {row} 行 L 列（数值）"));
    assert_eq!(located[1].place.to_string(), "工作表“进展”第 5 行 B 列（工作进展）");
}

#[test]
fn a_rows_reason_confirms_the_warnings_that_came() {
    let mut world = World::new();
    let typed = [(Column::Value, "90"), (Column::Status, "快报"), (Column::Confirmation, "含大企业入统")];
    let form = world.form(GUIXI, MONTH).fill(RETAIL, GUIXI, &typed);
    let mut intake = world.read(&form.bytes, "").unwrap();
    let warnings = world.problems(&intake);
    let codes: Vec<&str> = warnings.iter().map(|own| own.kind.code()).collect();
    assert_eq!(codes, ["far-from-target"]);
    assert_eq!(intake.confirm(&warnings).warnings, 1);
    world.record(intake.into_submission());
}

#[test]
fn one_reason_can_confirm_all_and_a_needless_one_is_told() {
    let world = World::new();
    let bytes = filled(&world, "90").bytes;
    let all = intake::Context { confirm_all: Some("均已核实"), ..world.context() };
    let mut intake = intake::read_submission(&bytes, "", &all).unwrap();
    let confirmed = intake.confirm(&world.problems(&intake));
    assert_eq!((confirmed.warnings, confirmed.unused.len()), (1, 0));
    let typed = [(Column::Value, "4"), (Column::Status, "快报"), (Column::Confirmation, "无")];
    let form = world.form(GUIXI, MONTH).fill(RETAIL, GUIXI, &typed);
    let mut intake = world.read(&form.bytes, "").unwrap();
    let confirmed = intake.confirm(&world.problems(&intake));
    assert_eq!((confirmed.warnings, confirmed.unused.len()), (0, 1));
}

//! Any workbook gives tables within their bounds or a list of problems, the same each time.
//!
//! Changed bytes of a packed file seldom get past its check sums. So the input is taken twice: as a
//! file, and as the parts of one (sheet, shared strings, styles; 0xFF between them), packed here.
#![no_main]

use std::io::{Cursor, Write};
use std::sync::Once;

use intake::read_workbook_bytes;
use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;

mod tables;

const FIXED: [(&str, &str); 4] = [
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    ),
];

const FUZZED: [&str; 3] = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"];

fuzz_target!(|bytes: &[u8]| {
    catch_what_the_reader_catches();
    check(bytes);
    check(&packed(bytes));
});

fn check(bytes: &[u8]) {
    let result = read_workbook_bytes(bytes);
    tables::check(&result);
    assert_eq!(result, read_workbook_bytes(bytes));
}

/// libFuzzer's hook ends the process at once, even where the reader would have turned a panic of its
/// third-party parser into a problem. What nobody catches still ends it.
fn catch_what_the_reader_catches() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let fuzzed = FUZZED.into_iter().zip(bytes.split(|&byte| byte == 0xff));
    let fixed = FIXED.into_iter().map(|(name, text)| (name, text.as_bytes()));
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, part) in fixed.chain(fuzzed) {
        file.start_file(name, options).expect("memory takes a part");
        file.write_all(part).expect("memory takes its bytes");
    }
    file.finish().expect("memory takes the directory").into_inner()
}

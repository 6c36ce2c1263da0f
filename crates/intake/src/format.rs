//! Which kind of file it is, by its content first and its name second.

use crate::problem::IntakeProblemKind as Kind;
use crate::table::trimmed;

/// The kinds of files that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Workbook,
    Csv,
    Json,
}

impl Format {
    /// Tells a file's format. `name` is its name or only its ending.
    pub(crate) fn of(bytes: &[u8], name: &str) -> Result<Self, Kind> {
        let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if bytes.is_empty() {
            return Err(Kind::EmptyFile {});
        }
        if bytes.starts_with(b"%PDF-") {
            return Err(Kind::PdfFile {});
        }
        if bytes.starts_with(b"PK") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            return Ok(Self::Workbook);
        }
        match ending.as_str() {
            "csv" | "txt" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            // Neither a container nor an old workbook: the reader says what is wrong.
            "xlsx" | "xlsm" | "xlsb" => Ok(Self::Workbook),
            "xls" => Err(Kind::OldExcel {}),
            _ => Self::of_text(bytes).ok_or(Kind::UnknownFormat {}),
        }
    }

    fn of_text(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok()?;
        let text = trimmed(text);
        if text.starts_with('{') {
            return Some(Self::Json);
        }
        let first = text.lines().next().unwrap_or_default();
        first.contains([',', '\t', ';']).then_some(Self::Csv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_goes_before_the_name() {
        assert_eq!(Format::of(b"PK\x03\x04", "x.csv"), Ok(Format::Workbook));
        assert_eq!(Format::of(b"{}", "x.json"), Ok(Format::Json));
        assert_eq!(Format::of(b" {\"unit\":1}", ""), Ok(Format::Json));
        assert_eq!(Format::of(b"a,b\n", "upload"), Ok(Format::Csv));
        assert_eq!(Format::of(b"\xb5\xa5\n", "table.CSV"), Ok(Format::Csv));
        assert_eq!(Format::of(b"a,b\n", "x.xlsx"), Ok(Format::Workbook));
    }

    #[test]
    fn what_is_none_of_them_is_told() {
        let code = |bytes: &[u8], name| Format::of(bytes, name).unwrap_err().code();
        assert_eq!(code(b"", "x.xlsx"), "empty-file");
        assert_eq!(code(b"%PDF-1.7", "x.xlsx"), "pdf-file");
        assert_eq!(code(b"<html>", "x.xls"), "old-excel");
        assert_eq!(code(b"\xff\xd8\xff", "photo.jpg"), "unknown-format");
    }
}

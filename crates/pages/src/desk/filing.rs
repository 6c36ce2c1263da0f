//! From the fields of the report form to the document that units send (`docs/submitting.md`).

use serde_json::{Map, Value, json};

use super::{value, values};

/// The document of a filled form, and for each of its figures the row of the form it comes from, from 0. Rows without a value are
/// left out: they are not reported.
#[must_use]
pub fn filing(fields: &[(String, String)]) -> (Value, Vec<usize>) {
    let rows = values(fields, "cell").zip(values(fields, "value")).zip(values(fields, "status"));
    let rows = rows
        .zip(values(fields, "why"))
        .map(|(((cell, value), status), why)| (cell, value.trim(), status, why.trim()));
    let (mut figures, mut places) = (Vec::new(), Vec::new());
    for (row, (cell, value, status, why)) in rows.enumerate() {
        let Some((indicator, area)) = cell.split_once(' ').filter(|_| !value.is_empty()) else { continue };
        let mut figure = json!({ "indicator": indicator, "area": area, "value": value, "status": status });
        if !why.is_empty() {
            figure["confirmation"] = why.into();
        }
        figures.push(figure);
        places.push(row);
    }
    let mut document = Map::new();
    document.insert("unit".into(), value(fields, "unit").into());
    document.insert("period".into(), value(fields, "period").into());
    if !figures.is_empty() {
        document.insert("figures".into(), figures.into());
    }
    if let Some(narrative) = narrative(fields) {
        document.insert("narrative".into(), narrative);
    }
    (document.into(), places)
}

/// What was told; none where nothing was.
fn narrative(fields: &[(String, String)]) -> Option<Value> {
    const PARTS: [&str; 4] = ["progress", "highlights", "results", "next_steps"];
    let parts = PARTS.map(|part| (part, value(fields, part)));
    if parts.iter().all(|(_, text)| text.is_empty()) {
        return None;
    }
    let mut narrative: Map<String, Value> =
        parts.into_iter().map(|(part, text)| (part.to_owned(), text.into())).collect();
    let tasks = value(fields, "tasks").split([',', '，', '、', ' ']).filter(|text| !text.is_empty());
    // What is no number is sent as it is, so that it is refused with its place.
    let tasks: Vec<Value> =
        tasks.map(|text| text.parse::<u16>().map_or_else(|_| text.into(), Into::into)).collect();
    if !tasks.is_empty() {
        narrative.insert("tasks".into(), tasks.into());
    }
    Some(narrative.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn rows_that_were_left_empty_are_not_reported() {
        let row =
            |cell, value, why| [("cell", cell), ("value", value), ("status", "preliminary"), ("why", why)];
        let form = [
            [("unit", "guixi"), ("period", "2022-04"), ("csrf_token", "x"), ("tasks", "")],
            row("online-retail guixi", "", ""),
            row("cloud-firms guixi", " 4.10 ", "核对无误"),
        ];
        let (document, places) = filing(&fields(&form.concat()));
        assert_eq!(places, [1]);
        assert_eq!(
            document,
            json!({ "unit": "guixi", "period": "2022-04", "figures": [
                { "indicator": "cloud-firms", "area": "guixi", "value": "4.10", "status": "preliminary", "confirmation": "核对无误" },
            ] })
        );
    }

    #[test]
    fn what_was_told_goes_along_with_its_tasks() {
        let form =
            fields(&[("unit", "guixi"), ("period", "2022-w17"), ("progress", "推进"), ("tasks", "3、15")]);
        let (document, _) = filing(&form);
        assert_eq!(document["narrative"]["progress"], "推进");
        assert_eq!(document["narrative"]["tasks"], json!([3, 15]));
    }
}

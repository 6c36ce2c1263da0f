//! Answers as text: tables whose columns line up although Chinese characters are twice as wide.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};

use answers::{Answer, Cell, Part, Table};

use super::is_terminal;

/// Nothing but a line under the headings.
const PLAIN: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The answer with its marks before and after: whoever sees either end sees them.
pub fn render(answer: &Answer) -> String {
    let marks: String = answer.marks().iter().map(|mark| format!("【{mark}】\n")).collect();
    let parts: Vec<String> = answer.parts().iter().map(part).collect();
    let body = parts.join("\n");
    if marks.is_empty() { body } else { format!("{marks}\n{body}\n{marks}") }
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => format!("{}\n", text.trim_end_matches('\n')),
        Part::Table(table) => self::table(table),
    }
}

fn table(table: &Table) -> String {
    let mut grid = comfy_table::Table::new();
    grid.load_style(PLAIN);
    // Into a file or a pipe, lines are as long as they need to be.
    let arrangement = if is_terminal() { ContentArrangement::Dynamic } else { ContentArrangement::Disabled };
    grid.set_content_arrangement(arrangement);
    grid.set_header(table.columns.iter().map(|column| column.heading.as_str()));
    for row in &table.rows {
        grid.add_row(row.iter().map(cell));
    }
    let mut text = format!("{}\n{}\n", table.title, grid.trim_fmt());
    table.notes.iter().for_each(|note| {
        text.push_str(note);
        text.push('\n');
    });
    text
}

fn cell(cell: &Cell) -> comfy_table::Cell {
    let alignment = match cell {
        Cell::Text(_) => CellAlignment::Left,
        Cell::Number(_) => CellAlignment::Right,
    };
    comfy_table::Cell::new(cell.as_str()).set_alignment(alignment)
}

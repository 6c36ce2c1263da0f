//! What holds for everything that was read from a file, whatever the file holds.

use intake::{Content, IntakeProblem, MAX_CELL_CHARS, MAX_CELLS, MAX_ROWS, Sheet, Tables};

/// Panics where a result is out of bounds or out of order, or a refusal says nothing.
pub fn check(result: &Result<Tables, Vec<IntakeProblem>>) {
    match result {
        Ok(tables) => {
            tables.sheets.iter().for_each(check_sheet);
            let cells = tables.sheets.iter().flat_map(|sheet| &sheet.rows).map(|row| row.cells.len());
            assert!(cells.sum::<usize>() <= MAX_CELLS);
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal names a reason");
            assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
        }
    }
}

fn check_sheet(sheet: &Sheet) {
    assert!(sheet.rows.len() <= MAX_ROWS);
    assert!(sheet.rows.is_sorted_by(|one, next| one.number < next.number), "rows stand in order");
    for row in &sheet.rows {
        assert!(row.number >= 1 && !row.cells.is_empty());
        assert!(row.cells.is_sorted_by(|one, next| one.column < next.column), "cells stand in order");
        for cell in &row.cells {
            assert!(cell.column >= 1);
            if let Content::Text(text) = &cell.content {
                assert!(!text.is_empty() && text.chars().count() <= MAX_CELL_CHARS);
            }
        }
    }
}

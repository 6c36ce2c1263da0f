//! Any bytes give a table within its bounds or a list of problems, the same each time.
#![no_main]

use intake::read_csv_bytes;
use libfuzzer_sys::fuzz_target;

mod tables;

fuzz_target!(|bytes: &[u8]| {
    let result = read_csv_bytes(bytes);
    tables::check(&result);
    if let Ok(tables) = &result {
        assert_eq!(tables.sheets.len(), 1, "a CSV file is one table");
    }
    assert_eq!(result, read_csv_bytes(bytes));
});

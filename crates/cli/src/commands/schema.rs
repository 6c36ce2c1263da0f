//! `schema`: the JSON Schema of everything that can be recorded.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use events::EventKind;
use serde_json::{Map, Value, json};

use crate::output::{Answer, Table, write_new};

/// 事件类型的 JSON Schema
#[derive(Debug, Args)]
pub struct Arguments {
    /// 写到这个目录，每类一个文件
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Lists the schemas, or writes one file for each.
///
/// # Errors
/// When a file cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let schemas = schemas();
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).with_context(|| format!("无法建立目录 {}。", folder.display()))?;
        for (file, _, schema) in &schemas {
            write_new(&folder.join(file), serde_json::to_string_pretty(schema)?.as_bytes())?;
        }
        let files: Vec<_> = schemas.iter().map(|(file, ..)| file).collect();
        let text = format!("已写入 {} 个文件到 {}。", files.len(), folder.display());
        return Ok(Answer::new(json!({ "directory": folder, "files": files })).text(text));
    }
    let mut table = Table::new("可记录的事件类型", ["文件", "说明（英文，取自代码）"]);
    schemas.iter().for_each(|(file, about, _)| table.row([file.as_str(), about]));
    let by_file: Map<String, Value> = schemas.into_iter().map(|(file, _, schema)| (file, schema)).collect();
    Ok(Answer::new(by_file.into()).table(table.note("用 --out 目录 写成文件，或用 --json 直接输出全部。")))
}

/// File name, first sentence and schema of each event type, then of the rulebook.
fn schemas() -> Vec<(String, String, Value)> {
    let of = |name: String, schema: schemars::Schema| {
        let schema = schema.to_value();
        let about =
            schema["description"].as_str().unwrap_or_default().lines().next().unwrap_or_default().to_owned();
        (name, about, schema)
    };
    let kinds = EventKind::ALL.iter();
    let kinds =
        kinds.map(|kind| of(format!("{}.v{}.schema.json", kind.name(), kind.version()), kind.schema()));
    let rules = of("rulebook.schema.json".to_owned(), schemars::schema_for!(events::Rulebook));
    kinds.chain(std::iter::once(rules)).collect()
}

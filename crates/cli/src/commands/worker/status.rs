//! How far each projection is.

use std::path::Path;

use app::Projection as _;
use projections::ReadModel;
use serde_json::json;
use sql_read_models::{Checkpoint, PROJECTION, Place, REVISION};
use store::EventLog as _;

use super::database::DatabaseChoice;
use super::of_database;
use crate::args::china_time;
use crate::ledger::saved_states;
use crate::ledger_dir::Choice;
use crate::log::{Log, of_open};
use crate::output::{Answer, Table};

/// How far one projection is.
struct Standing {
    projection: &'static str,
    place: String,
    size: Option<u64>,
    updated_at: Option<String>,
    note: String,
}

/// Tells how far the projections of the chosen ledger are.
///
/// # Errors
/// When ledger or database cannot be read.
pub fn run(database: &DatabaseChoice, ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = ledger.directory()?;
    let log_size = Log::open_read_only(&directory).map_err(of_open)?.size()?;
    let mut standings = vec![saved(&directory)];
    let mut database = database.of(&directory)?.open_read_only().map_err(of_database)?;
    for (place, words) in [(Place::InUse, "在用"), (Place::Building, "在建")] {
        let checkpoint = database.checkpoint(place).map_err(of_database)?;
        // Nothing being built is the usual thing.
        if place == Place::InUse || checkpoint.is_some() {
            standings.push(in_database(&format!("{}，{words}", database.name()), checkpoint));
        }
    }
    Ok(answer(&standings, log_size))
}

/// The state that commands on this machine begin with.
fn saved(directory: &Path) -> Standing {
    let size = saved_states(directory).inspect::<ReadModel>().into_state().map(|state| state.size());
    Standing {
        projection: ReadModel::NAME,
        place: directory.join("state").display().to_string(),
        size,
        updated_at: None,
        note: if size.is_some() {
            "保存状态：缓存，用时接着读"
        } else {
            "没有保存状态，用时从头读"
        }
        .to_owned(),
    }
}

fn in_database(place: &str, checkpoint: Option<Checkpoint>) -> Standing {
    let note = match &checkpoint {
        None => "没有表，或不是这一版程序建的；worker 会从头建".to_owned(),
        Some(own) if (own.revision, own.model_revision) != (REVISION, ReadModel::REVISION) => {
            "另一版程序建的；worker 会在旁边重建".to_owned()
        }
        Some(own) => format!("末行 {}", own.event_hash),
    };
    Standing {
        projection: PROJECTION,
        place: place.to_owned(),
        size: checkpoint.as_ref().map(|own| own.tree_size),
        updated_at: checkpoint.map(|own| china_time(own.updated_at)),
        note,
    }
}

fn answer(standings: &[Standing], log_size: u64) -> Answer {
    let mut table = Table::new("投影", ["投影", "在哪里", "应用到第几行", "落后行数", "写入时间", "说明"]);
    for own in standings {
        let lag = own.size.map(|size| log_size.saturating_sub(size));
        let dash = || "—".to_owned();
        table.row([
            own.projection.to_owned(),
            own.place.clone(),
            own.size.and_then(|size| size.checked_sub(1)).map_or_else(dash, |last| last.to_string()),
            lag.map_or_else(dash, |lag| lag.to_string()),
            own.updated_at.clone().unwrap_or_else(dash),
            own.note.clone(),
        ]);
    }
    let projections = standings.iter().map(|own| {
        json!({
            "projection": own.projection,
            "place": own.place,
            "checkpoint": own.size.and_then(|size| size.checked_sub(1)),
            "tree_size": own.size,
            "lag": own.size.map(|size| log_size.saturating_sub(size)),
            "updated_at": own.updated_at,
        })
    });
    let json = json!({ "lines": log_size, "projections": projections.collect::<Vec<_>>() });
    Answer::new(json).text(format!("账本有 {log_size} 行。\n")).table(table)
}

//! `GET /v1/cell-proof`: one cell's points in a file that anybody checks offline.
//!
//! Making one audits the whole ledger first, so that only one is made at a time.

use std::sync::{Mutex, TryLockError};

use audit::cell_proof::{self, Asked, CannotProve};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use events::{AreaId, IndicatorId};

use crate::ledger::Ledger;
use crate::parameters::{DATE_FORM, ID_FORM, Parameter, Parameters, optional, required};
use crate::problem::Problem;
use crate::representation::with_etag;

/// Whoever finds it taken asks again after so many seconds.
const RETRY_AFTER_S: &str = "2";

/// Which cell.
pub const PARAMETERS: [Parameter; 4] = [
    required("indicator", "指标代码", "core-value-added"),
    required("area", "地区代码", "yuehu"),
    required("as_of", "统计截止日", "2022-04-25"),
    optional("plan", "方案代码；不写则用账本里的第一个方案", "yingtan-2022"),
];

/// One proof is made at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Makes the proof of a cell under the signed head.
pub fn answer(ledger: &Ledger, query: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let given = Parameters::read(query, PARAMETERS.iter())?;
    let asked = Asked {
        plan: given.value("plan", ID_FORM)?,
        indicator: given.required::<IndicatorId>("indicator", ID_FORM)?,
        area: given.required::<AreaId>("area", ID_FORM)?,
        as_of: given.required("as_of", DATE_FORM)?,
    };
    let _turn = match TURN.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(busy()),
        // Nothing is kept behind the lock: one that panicked has broken nothing.
        Ok(turn) => turn,
        Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
    };
    let bytes = cell_proof::make(ledger.directory(), &asked).map_err(refused)?;
    let name = format!("attachment; filename=\"{}-{}-{}.cell\"", asked.indicator, asked.area, asked.as_of);
    let mut response = with_etag(bytes, "application/octet-stream", "no-cache", headers);
    let name = HeaderValue::try_from(name).expect("ids and days are ASCII");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

fn busy() -> Response {
    let detail = "正在出具另一份单格证明，每次只出一份。请过几秒再点一次。";
    let problem = Problem::of(StatusCode::SERVICE_UNAVAILABLE, "proof-in-progress", "请稍候", detail);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
    response
}

/// Paths are this machine's; nobody outside needs them.
fn refused(error: CannotProve) -> Problem {
    match error {
        CannotProve::Audit(_) => {
            Problem::unavailable("unreadable-ledger", "服务器读不到账本的文件，不能出具证明。请告诉管理员。")
        }
        CannotProve::NoHead(_) => {
            Problem::not_found("no-head", "账本还没有签名的账本头，无从证明。请管理员用账本的密钥签一次。")
        }
        CannotProve::NoCell { .. } => Problem::not_found("no-such-cell", error.to_string()),
        CannotProve::NotSound { .. } | CannotProve::DoesNotHold(_) => {
            Problem::unavailable("ledger-not-sound", error.to_string())
        }
    }
}

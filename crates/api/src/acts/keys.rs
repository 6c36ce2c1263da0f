//! Keys whose holder proves to have them; the private half never comes here.

use accounts::{Action, EnrolmentRefused, Holder, ProvedKey, Subject, ToRecord};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use events::UnitId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::given::{answer, created};
use super::{Act, Entrance, Given, small};
use crate::people::storage;
use crate::problem::Problem;

pub const ACTS: [Act; 3] = [
    Act {
        method: Method::POST,
        path: "/key-challenges",
        id: "challenge-key",
        title: "申请登记密钥",
        about: "送上验证密钥（公开的一半），取回要签名的内容。holder 写 unit（单位密钥）或 member（委员本人的密钥）。私钥始终在本人手里。",
        parameters: &[],
        sent: small(|| json!({ "holder": "unit", "unit": "guixi", "key": "guixi+b2f1f9a2+AVNq…" })),
        done: &[(201, "要签名的内容")],
        entrance: Entrance::SignedIn,
        perform: challenge,
    },
    Act {
        method: Method::POST,
        path: "/key-challenges/{id}",
        id: "prove-key",
        title: "交回签名",
        about: "证明持有私钥。成立后由市数字办用 POST /v1/key-records（单位）或 POST /v1/committees（委员）入账。",
        parameters: &[],
        sent: small(|| json!({ "signature": "MEUCIQ…" })),
        done: &[(200, "已证明；record 是要入账的内容")],
        entrance: Entrance::SignedIn,
        perform: prove,
    },
    Act {
        method: Method::GET,
        path: "/proved-keys",
        id: "proved-keys",
        title: "已证明的密钥",
        about: "等候入账的密钥（市数字办）。",
        parameters: &[],
        sent: None,
        done: &[(200, "密钥")],
        entrance: Entrance::SignedIn,
        perform: proved,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    holder: String,
    unit: UnitId,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    signature: String,
}

fn challenge(given: &Given<'_>) -> Result<Response, Problem> {
    let Asked { holder, unit, key } = given.json()?;
    let holder = match holder.as_str() {
        "unit" => Holder::Unit(unit),
        "member" => Holder::Member(unit),
        _ => return Err(Problem::bad_request("bad-holder", "holder 要写 unit 或 member。")),
    };
    let origin = given.ledger.model().ledger().book().registry().opened().map(|opened| opened.origin.clone());
    let origin = origin.ok_or_else(|| Problem::unavailable("ledger-not-opened", "账本还没有开账。"))?;
    let accounts = given.people().accounts();
    let challenge =
        accounts.challenge(given.identity()?, &origin, &holder, &key, given.now).map_err(refused)?;
    let body = json!({
        "id": challenge.id, "payload": challenge.payload, "payload_type": accounts::ENROLMENT_TYPE,
        "message": chain::note::encode_base64(&challenge.message), "expires_at": challenge.expires_at.to_string(),
    });
    Ok(created(&format!("/v1/key-challenges/{}", challenge.id), &body))
}

fn prove(given: &Given<'_>) -> Result<Response, Problem> {
    let id: i64 = given.in_path("id", "登记请求的编号是整数")?;
    let Signed { signature } = given.json()?;
    let proved = given.people().accounts().prove_key(given.identity()?, id, &signature, given.now);
    Ok(answer(StatusCode::OK, &proved_json(&proved.map_err(refused)?)))
}

fn proved(given: &Given<'_>) -> Result<Response, Problem> {
    let identity = given.identity()?;
    let keys = given.people().accounts().proved_keys().map_err(|error| storage(&error))?;
    let offices = identity.roles().iter().map(|held| Subject::Unit(held.unit.clone()));
    let is_office = offices.clone().any(|unit| accounts::may(identity, Action::RecordKeys, &unit).is_ok());
    let shown = keys.iter().filter(|key| is_office || key.account == *identity.account());
    Ok(answer(StatusCode::OK, &json!({ "keys": shown.map(proved_json).collect::<Vec<_>>() })))
}

fn proved_json(proved: &ProvedKey) -> Value {
    let (kind, record) = match &proved.to_record {
        ToRecord::Unit(event) => ("unit", json!(event)),
        ToRecord::Member(member) => ("member", json!(member)),
    };
    json!({
        "id": proved.id, "account": proved.account, "proved_at": proved.proved_at.to_string(), "payload": proved.payload,
        "signature": proved.signature, "holder": kind, "record": record,
    })
}

fn refused(why: EnrolmentRefused) -> Problem {
    let (code, detail) = (why.code(), why.to_string());
    match why {
        EnrolmentRefused::NotAllowed(refusal) => Problem::from(&refusal),
        EnrolmentRefused::Unknown(_) => Problem::not_found(code, detail),
        EnrolmentRefused::Answered | EnrolmentRefused::Expired => {
            Problem::of(StatusCode::GONE, code, "不能再用", detail)
        }
        EnrolmentRefused::NotAKey(_) | EnrolmentRefused::BadSignature => {
            Problem::of(StatusCode::UNPROCESSABLE_ENTITY, code, "密钥没有登记", detail)
        }
        EnrolmentRefused::Storage(error) => storage(&error),
    }
}

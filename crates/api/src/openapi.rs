//! The description of the API (OpenAPI 3.1), made from the same list as the routes.

use axum::http::Method;
use serde_json::{Value, json};

use crate::acts::{self, Act, Entrance, Sent};
use crate::changes;
use crate::lines;
use crate::operations::{OPERATIONS, Operation};
use crate::parameters::{AXES, FORMAT, Parameter};

/// The whole document.
pub fn document() -> Value {
    let mut paths = serde_json::Map::new();
    for operation in &OPERATIONS {
        paths.insert(format!("/v1{}", operation.path), question(operation));
    }
    let range = lines::PARAMETERS.iter().map(parameter).collect();
    paths.insert(
        "/v1/events".into(),
        get(
            "events",
            "账本的行",
            "从某一位置起的行，逐字节照录，每行一个事件。下一页见 Link。",
            range,
            "application/jsonl",
        ),
    );
    let name = json!({ "name": "event", "in": "path", "required": true, "description": "位置（从 0 数）或事件哈希", "schema": { "type": "string" }, "example": "0" });
    paths.insert(
        "/v1/events/{event}".into(),
        get(
            "event",
            "账本的一行",
            "一个事件，逐字节照录，永不变化。",
            vec![name.clone()],
            "application/json",
        ),
    );
    let about =
        "一行在签名的账本头之下的证明（C2SP tlog-proof），任何人可离线核验：progress-ledger verify-proof。";
    let proof = get("proof", "包含证明", about, vec![name], "text/plain");
    paths.insert("/v1/proofs/{event}".into(), proof);
    let after = changes::PARAMETERS.iter().map(parameter).collect();
    let about =
        "每记录一行就送一条（server-sent events），id 是位置；断线后凭 Last-Event-ID 接着送，不重不漏。";
    paths.insert("/v1/changes".into(), get("changes", "变动", about, after, "text/event-stream"));
    paths.insert(
        "/v1/openapi.json".into(),
        get("openapi", "接口说明", "本说明。", Vec::new(), "application/json"),
    );
    paths.insert(
        "/checkpoint".into(),
        get("checkpoint", "签名的账本头", "C2SP checkpoint。", Vec::new(), "text/plain"),
    );
    let path = json!({ "name": "path", "in": "path", "required": true, "description": "瓦片路径，可含斜线", "schema": { "type": "string" }, "example": "0/000" });
    paths.insert(
        "/tile/{path}".into(),
        get("tile", "哈希瓦片", "C2SP tlog-tiles，永不变化。", vec![path], "application/octet-stream"),
    );
    paths.insert("/health/live".into(), get("live", "存活", "进程在运行。", Vec::new(), "application/json"));
    paths.insert(
        "/health/ready".into(),
        get("ready", "就绪", "回答已到账本末行，且末行在签名的账本头之下。", Vec::new(), "application/json"),
    );
    paths
        .insert("/metrics".into(), get("metrics", "指标", "Prometheus 文本格式。", Vec::new(), "text/plain"));
    for act in acts::all() {
        let path = paths.entry(format!("/v1{}", act.path)).or_insert_with(|| json!({}));
        path[act.method.as_str().to_ascii_lowercase()] = described(act);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "进度账本",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "每张表都带可复算标识（token）和表根；统计截止日、认知时点、规则三个坐标都是查询参数。公布的表、各行和证明不用登录就能看；办理须登录，或用接口令牌。浏览器里用登录 cookie 写入时，要把 csrf_token 放进 X-CSRF-Token。",
        },
        "paths": paths,
        "components": {
            "schemas": { "Problem": problem() },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "接口令牌" },
                "session": { "type": "apiKey", "in": "cookie", "name": "progress-ledger-session", "description": "登录" },
            },
        },
    })
}

fn question(operation: &Operation) -> Value {
    let axes: &[Parameter] = if operation.has_axes { &AXES } else { &[] };
    let parameters = axes.iter().chain(operation.parameters).chain([&FORMAT]).map(parameter).collect();
    get(operation.id, operation.title, operation.about, parameters, "application/json")
}

fn get(id: &str, summary: &str, about: &str, parameters: Vec<Value>, media_type: &str) -> Value {
    json!({ "get": {
        "operationId": id, "summary": summary, "description": about, "parameters": parameters,
        "responses": {
            "200": { "description": "回答", "content": { media_type: {} } },
            "default": problem_answer(),
        },
    } })
}

fn described(act: &Act) -> Value {
    let named = act.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = named
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    parameters.extend(act.parameters.iter().map(parameter));
    if act.method == Method::POST && act.entrance == Entrance::SignedIn {
        parameters.push(json!({
            "name": "X-CSRF-Token", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "用登录 cookie 时须写，见 GET /v1/me；用接口令牌时不用",
        }));
    }
    let answers =
        act.done.iter().map(|(status, about)| (status.to_string(), json!({ "description": about })));
    let mut responses: serde_json::Map<String, Value> = answers.collect();
    responses.insert("default".into(), problem_answer());
    let mut described = json!({
        "operationId": act.id, "summary": act.title, "description": act.about, "parameters": parameters,
        "responses": responses,
    });
    if let Some(sent) = &act.sent {
        described["requestBody"] = body(sent);
    }
    if act.entrance == Entrance::SignedIn {
        described["security"] = json!([{ "token": [] }, { "session": [] }]);
    }
    described
}

/// What is sent. A file's example is only its name.
fn body(sent: &Sent) -> Value {
    let example = (sent.example)();
    let contents = sent.media_types.iter().map(|media_type| {
        let content = match *media_type {
            "application/json" => json!({ "schema": { "type": "object" }, "example": example }),
            "multipart/form-data" => json!({ "schema": {
                "type": "object", "properties": { "file": { "type": "string", "format": "binary" } },
            } }),
            _ => json!({ "schema": { "type": "string", "format": "binary" } }),
        };
        ((*media_type).to_owned(), content)
    });
    let contents: serde_json::Map<String, Value> = contents.collect();
    json!({ "required": true, "description": format!("至多 {} 字节", sent.limit), "content": contents })
}

fn parameter(parameter: &Parameter) -> Value {
    let Parameter { name, about, example, required } = parameter;
    let mut described = json!({
        "name": name, "in": "query", "description": about, "required": required, "schema": { "type": "string" },
    });
    if !example.is_empty() {
        described["example"] = json!(example);
    }
    described
}

fn problem_answer() -> Value {
    json!({
        "description": "问题说明（RFC 9457）",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "detail": { "type": "string", "description": "发生了什么、该怎么办" },
            "code": { "type": "string", "description": "稳定的代码，供程序判断" },
        },
    })
}

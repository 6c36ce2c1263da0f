//! The description of the API (OpenAPI 3.1), made from the same list as the routes.

use serde_json::{Value, json};

use crate::operations::{OPERATIONS, Operation};
use crate::parameters::{AXES, FORMAT, Parameter};
use crate::{cell_proof, lines};

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
        get("event", "账本的一行", "一个事件，逐字节照录，永不变化。", vec![name], "application/json"),
    );
    paths.insert(
        "/v1/cell-proof".into(),
        get(
            "cell-proof",
            "单格证明",
            "一格得分的离线证明；progress-ledger verify 核验。每次只出一份，忙时答 503。",
            cell_proof::PARAMETERS.iter().map(parameter).collect(),
            "application/octet-stream",
        ),
    );
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
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "进度账本",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "只读接口。每张表都带可复算标识（token）和表根；统计截止日、认知时点、规则三个坐标都是查询参数。",
        },
        "paths": paths,
        "components": { "schemas": { "Problem": problem() } },
    })
}

fn question(operation: &Operation) -> Value {
    let axes: &[Parameter] = if operation.has_axes { &AXES } else { &[] };
    let parameters = axes.iter().chain(operation.parameters).chain([&FORMAT]).map(parameter).collect();
    get(operation.id, operation.title, operation.about, parameters, "application/json")
}

fn get(id: &str, summary: &str, about: &str, parameters: Vec<Value>, media_type: &str) -> Value {
    let problem = json!({
        "description": "问题说明（RFC 9457）",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    json!({ "get": {
        "operationId": id, "summary": summary, "description": about, "parameters": parameters,
        "responses": {
            "200": { "description": "回答", "content": { media_type: {} } },
            "default": problem,
        },
    } })
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

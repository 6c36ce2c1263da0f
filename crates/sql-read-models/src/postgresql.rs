//! The tables in a schema of a PostgreSQL database.
//!
//! Tables that are being built stand in a schema beside, and the schemas change names in one transaction: that waits for no
//! reader. What was replaced is dropped afterwards.

use std::io::Write as _;
use std::ops::Range;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{Client, Config, NoTls, Transaction};

use crate::database::{Change, Checkpoint, Database, DatabaseError, LAST_POSITION, Place, by_key};
use crate::layout::{CHECKPOINT, Column, Kind, Table, tables};
use crate::rows::{Cell, Row, Rows};

/// What a schema of these tables says of itself.
const COMMENT: &str = "progress-ledger read models";
/// So long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest name of a schema: there is one with an ending beside it, and PostgreSQL cuts names off after 63 bytes.
const LONGEST_NAME: usize = 48;

/// Which database and which schema in it.
#[derive(Clone)]
pub struct Settings {
    config: Config,
    schema: String,
    name: String,
}

impl Settings {
    /// The schema where none is named.
    pub const SCHEMA: &'static str = "progress_ledger";

    /// Reads an address, `postgresql://user@host/database` or `host=… user=…`. A password in it is used, and never shown;
    /// `password` is one that was given apart.
    ///
    /// # Errors
    /// [`DatabaseError::Unusable`] with what is wrong.
    pub fn new(address: &str, schema: &str, password: Option<&str>) -> Result<Self, DatabaseError> {
        let unusable = |reason: String| DatabaseError::Unusable(reason);
        // What the parser says names options, never their values.
        let mut config: Config = address.parse().map_err(|error: postgres::Error| {
            unusable(format!("PostgreSQL 地址不对：{error}。应写成 postgresql://用户@主机:5432/库名。"))
        })?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = schema.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || !schema.chars().all(fits) || schema.len() > LONGEST_NAME || schema.starts_with("pg_") {
            let form = format!(
                "模式名只能用小写字母、数字和下划线，以字母开头，不以 pg_ 开头，最多 {LONGEST_NAME} 个字符"
            );
            return Err(unusable(format!("{form}：{schema}")));
        }
        if config.get_ssl_mode() == SslMode::Require {
            let reason =
                "本程序到 PostgreSQL 的连接不加密，不能用 sslmode=require。请经本机套接字、内网或隧道连接。";
            return Err(unusable(reason.to_owned()));
        }
        if let Some(password) = password.filter(|_| config.get_password().is_none()) {
            config.password(password);
        }
        config.application_name("progress-ledger worker").connect_timeout(CONNECT_TIMEOUT);
        let name = format!("{}，模式 {schema}", named(&config));
        Ok(Self { config, schema: schema.to_owned(), name })
    }

    /// Whether an address has a password in it.
    #[must_use]
    pub fn has_password(address: &str) -> bool {
        address.parse::<Config>().is_ok_and(|config| config.get_password().is_some())
    }
}

impl std::fmt::Display for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Names a database without its password.
fn named(config: &Config) -> String {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    };
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let ports: Vec<String> = config.get_ports().iter().map(|port| format!(":{port}")).collect();
    let (user, database) = (config.get_user().unwrap_or_default(), config.get_dbname().unwrap_or_default());
    format!("PostgreSQL {user}@{}{}/{database}", hosts.join(","), ports.join(","))
}

/// A PostgreSQL database with the tables.
pub struct Postgres {
    client: Client,
    settings: Settings,
}

impl Postgres {
    /// Connects for writing; other workers are kept out for as long as the connection lasts.
    ///
    /// # Errors
    /// [`DatabaseError::Locked`], [`DatabaseError::Unusable`] for a wrong password or somebody else's schema,
    /// [`DatabaseError::Failed`].
    pub fn open(settings: &Settings) -> Result<Self, DatabaseError> {
        let mut own = Self::open_read_only(settings)?;
        let lock = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
        let key = format!("{COMMENT} {}", settings.schema);
        let locked = own.client.query_one(lock, &[&key]).map_err(failed(settings, "锁定"))?;
        if !locked.get::<_, bool>(0) {
            return Err(DatabaseError::Locked { database: settings.name.clone() });
        }
        for ending in ["", "_building", "_old"] {
            own.require_ours(&format!("{}{ending}", settings.schema))?;
        }
        // Left by a worker that ended after the switch; somebody may still be reading them, or have views on them.
        drop(own.drop_old());
        Ok(own)
    }

    /// Connects for reading.
    ///
    /// # Errors
    /// As [`open`](Self::open), but for the lock.
    pub fn open_read_only(settings: &Settings) -> Result<Self, DatabaseError> {
        let mut client = settings.config.connect(NoTls).map_err(failed(settings, "连接"))?;
        let encoding = client.query_one("SHOW server_encoding", &[]).map_err(failed(settings, "连接"))?;
        if encoding.get::<_, &str>(0) != "UTF8" {
            let reason = format!("{} 的编码不是 UTF8，存不了中文。请换一个 UTF8 的库。", settings.name);
            return Err(DatabaseError::Unusable(reason));
        }
        let set_up = format!(
            "SET client_min_messages = warning; SET datestyle = 'ISO'; SET timezone = 'UTC'; SET search_path = {};",
            settings.schema
        );
        client.batch_execute(&set_up).map_err(failed(settings, "连接"))?;
        Ok(Self { client, settings: settings.clone() })
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(postgres::Error) -> DatabaseError + use<> {
        failed(&self.settings, what)
    }

    fn schema(&self, place: Place) -> String {
        match place {
            Place::InUse => self.settings.schema.clone(),
            Place::Building => format!("{}_building", self.settings.schema),
        }
    }

    fn has_schema(&mut self, schema: &str) -> Result<bool, DatabaseError> {
        let exists = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
        let found = self.client.query_opt(exists, &[&schema]).map_err(self.failed("查看模式"))?;
        Ok(found.is_some())
    }

    /// Refuses a schema that somebody else made.
    fn require_ours(&mut self, schema: &str) -> Result<(), DatabaseError> {
        let comment = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1";
        let found = self.client.query_opt(comment, &[&schema]).map_err(self.failed("查看模式"))?;
        if found.is_none_or(|row| row.get::<_, Option<&str>>(0) == Some(COMMENT)) {
            return Ok(());
        }
        let reason = format!(
            "{} 里已有别人建的模式 {schema}，没有改动它。请用 --schema 换一个模式名。",
            self.settings.name
        );
        Err(DatabaseError::Unusable(reason))
    }

    /// Drops the tables that were replaced, unless somebody has views on them or reads them for longer than a moment.
    fn drop_old(&mut self) -> Result<(), DatabaseError> {
        let old = format!("{}_old", self.settings.schema);
        if !self.has_schema(&old)? {
            return Ok(());
        }
        let failed = self.failed("清理换下的旧表");
        let mut transaction =
            self.client.transaction().map_err(self::failed(&self.settings, "清理换下的旧表"))?;
        let names: Vec<String> = tables().map(|table| format!("{old}.{}", table.name)).collect();
        // Without CASCADE: views that people made over the tables are theirs.
        let drop = format!(
            "SET LOCAL lock_timeout = '3s'; DROP TABLE IF EXISTS {}; DROP SCHEMA {old};",
            names.join(", ")
        );
        transaction.batch_execute(&drop).and_then(|()| transaction.commit()).map_err(failed)
    }
}

fn failed(settings: &Settings, what: &'static str) -> impl FnOnce(postgres::Error) -> DatabaseError + use<> {
    let database = settings.name.clone();
    move |error| {
        let reason = reason(&error);
        let refused = [
            SqlState::INVALID_PASSWORD,
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            SqlState::INVALID_CATALOG_NAME,
            SqlState::INSUFFICIENT_PRIVILEGE,
        ];
        if error.code().is_some_and(|code| refused.contains(code)) {
            return DatabaseError::Unusable(format!(
                "数据库 {database} 不让“{what}”：{reason}。请核对用户、口令和权限。"
            ));
        }
        DatabaseError::Failed { database, what, reason }
    }
}

/// What the server or the connection says.
fn reason(error: &postgres::Error) -> String {
    let Some(said) = error.as_db_error() else {
        let cause = std::error::Error::source(error).map(|cause| format!("：{cause}"));
        return format!("{error}{}", cause.unwrap_or_default());
    };
    let more = [said.detail(), said.hint()].into_iter().flatten();
    more.fold(said.message().to_owned(), |text, more| format!("{text}；{more}"))
}

const fn storage(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Exact => "text",
        Kind::Integer => "bigint",
        Kind::Decimal => "numeric",
        Kind::Boolean => "boolean",
        Kind::Date => "date",
        Kind::Instant => "timestamptz",
        Kind::Json => "json",
    }
}

/// What shows a column as the text that its cell has.
fn shown(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Instant => format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"),
        Kind::Text
        | Kind::Exact
        | Kind::Integer
        | Kind::Decimal
        | Kind::Boolean
        | Kind::Date
        | Kind::Json => format!("{name}::text"),
    }
}

/// What makes a table with its indexes and comments.
fn create(table: &Table, schema: &str) -> String {
    let column = |column: &Column| {
        let null = if column.nullable { "" } else { " NOT NULL" };
        format!("{} {}{null}", column.name, storage(column.kind))
    };
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    let key: Vec<&str> = table.key_columns().iter().map(|column| column.name).collect();
    let name = format!("{schema}.{}", table.name);
    let quoted = |text: &str| text.replace('\'', "''");
    let mut sql = format!("CREATE TABLE {name} ({}, PRIMARY KEY ({}));", columns.join(", "), key.join(", "));
    sql += &format!("COMMENT ON TABLE {name} IS '{}';", quoted(table.about));
    for column in table.columns {
        sql += &format!("COMMENT ON COLUMN {name}.{} IS '{}';", column.name, quoted(column.about));
    }
    for columns in table.indexes {
        sql += &format!("CREATE INDEX ON {name} ({});", columns.join(", "));
    }
    sql
}

/// Writes a row in the text form of COPY.
fn copy_row(row: &[Cell], buffer: &mut Vec<u8>) {
    for (number, cell) in row.iter().enumerate() {
        if number > 0 {
            buffer.push(b'\t');
        }
        let Some(text) = cell else {
            buffer.extend(b"\\N");
            continue;
        };
        for byte in text.bytes() {
            match byte {
                b'\\' => buffer.extend(b"\\\\"),
                b'\t' => buffer.extend(b"\\t"),
                b'\n' => buffer.extend(b"\\n"),
                b'\r' => buffer.extend(b"\\r"),
                plain => buffer.push(plain),
            }
        }
    }
    buffer.push(b'\n');
}

fn remove(
    transaction: &mut Transaction<'_>,
    schema: &str,
    change: &Change<'_>,
) -> Result<(), postgres::Error> {
    let columns = change.table.key_columns();
    let object = |key: &&[Cell]| {
        let members =
            columns.iter().zip(*key).map(|(column, cell)| (column.name.to_owned(), serde_json::json!(cell)));
        serde_json::Value::Object(members.collect())
    };
    let keys = serde_json::Value::Array(change.removed.iter().map(object).collect()).to_string();
    let typed: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, storage(column.kind))).collect();
    let equal: Vec<String> = columns.iter().map(|column| format!("t.{0} = k.{0}", column.name)).collect();
    let sql = format!(
        "DELETE FROM {schema}.{} AS t USING json_to_recordset($1::text::json) AS k({}) WHERE {}",
        change.table.name,
        typed.join(", "),
        equal.join(" AND ")
    );
    transaction.execute(&sql, &[&keys]).map(|_| ())
}

fn add(transaction: &mut Transaction<'_>, schema: &str, change: &Change<'_>) -> Result<(), postgres::Error> {
    let (table, columns) = (change.table.name, change.table.column_names());
    let mut writer = transaction.copy_in(&format!("COPY {schema}.{table} ({columns}) FROM STDIN"))?;
    let mut buffer = Vec::new();
    for row in &change.added {
        copy_row(row, &mut buffer);
        if buffer.len() > 1 << 16 {
            // A connection that broke is said by `finish`.
            if writer.write_all(&buffer).is_err() {
                break;
            }
            buffer.clear();
        }
    }
    let _ = writer.write_all(&buffer);
    writer.finish().map(|_| ())
}

fn write(
    transaction: &mut Transaction<'_>,
    schema: &str,
    change: &Change<'_>,
) -> Result<(), postgres::Error> {
    if !change.removed.is_empty() {
        remove(transaction, schema, change)?;
    }
    if change.added.is_empty() { Ok(()) } else { add(transaction, schema, change) }
}

fn write_checkpoint(
    transaction: &mut Transaction<'_>,
    schema: &str,
    checkpoint: &Checkpoint,
) -> Result<(), postgres::Error> {
    let row = checkpoint.to_row();
    let change = Change { table: &CHECKPOINT, removed: vec![&row[..1]], added: vec![&row] };
    write(transaction, schema, &change)
}

impl Database for Postgres {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn checkpoint(&mut self, place: Place) -> Result<Option<Checkpoint>, DatabaseError> {
        let table = format!("{}.{}", self.schema(place), CHECKPOINT.name);
        let exists = self.client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&table]);
        if !exists.map_err(self.failed("读取应用位置"))?.get::<_, bool>(0) {
            return Ok(None);
        }
        let columns: Vec<String> =
            CHECKPOINT.columns.iter().map(|column| shown(column.kind, column.name)).collect();
        let rows = match self.client.query(&format!("SELECT {} FROM {table}", columns.join(", ")), &[]) {
            // Tables of another revision may have other columns: then they are as good as none.
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_COLUMN) => return Ok(None),
            rows => rows.map_err(self.failed("读取应用位置"))?,
        };
        Ok(rows.first().and_then(|row| Checkpoint::from_row(&read_row(row))))
    }

    fn begin_building(&mut self, start: &Checkpoint) -> Result<(), DatabaseError> {
        let (schema, settings) = (self.schema(Place::Building), self.settings.clone());
        let make = |transaction: &mut Transaction<'_>| {
            let begin = format!(
                "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; COMMENT ON SCHEMA {schema} IS '{COMMENT}';"
            );
            transaction.batch_execute(&begin)?;
            transaction.batch_execute(&tables().map(|table| create(table, &schema)).collect::<String>())?;
            write_checkpoint(transaction, &schema, start)
        };
        let mut transaction = self.client.transaction().map_err(failed(&settings, "建表"))?;
        make(&mut transaction).and_then(|()| transaction.commit()).map_err(failed(&settings, "建表"))
    }

    fn commit(
        &mut self,
        place: Place,
        expected: u64,
        changes: &[Change<'_>],
        checkpoint: &Checkpoint,
    ) -> Result<(), DatabaseError> {
        let (schema, settings) = (self.schema(place), self.settings.clone());
        let put = |transaction: &mut Transaction<'_>| {
            let sql = format!("SELECT tree_size FROM {schema}.{} FOR UPDATE", CHECKPOINT.name);
            let stands: i64 = transaction.query_one(&sql, &[])?.get(0);
            if u64::try_from(stands) != Ok(expected) {
                return Ok(false);
            }
            changes.iter().try_for_each(|change| write(transaction, &schema, change))?;
            write_checkpoint(transaction, &schema, checkpoint).map(|()| true)
        };
        let mut transaction = self.client.transaction().map_err(failed(&settings, "写入"))?;
        match put(&mut transaction).map_err(failed(&settings, "写入"))? {
            true => transaction.commit().map_err(failed(&settings, "写入")),
            false => Err(DatabaseError::Moved { database: settings.name, expected }),
        }
    }

    fn switch(&mut self) -> Result<(), DatabaseError> {
        let (schema, building) = (self.schema(Place::InUse), self.schema(Place::Building));
        let replaces = self.has_schema(&schema)?;
        if replaces {
            self.drop_old()?;
        }
        let settings = self.settings.clone();
        let exchange = |transaction: &mut Transaction<'_>| {
            if replaces {
                transaction.batch_execute(&format!("ALTER SCHEMA {schema} RENAME TO {schema}_old"))?;
            }
            transaction.batch_execute(&format!("ALTER SCHEMA {building} RENAME TO {schema}"))
        };
        let mut transaction = self.client.transaction().map_err(failed(&settings, "切换"))?;
        exchange(&mut transaction).and_then(|()| transaction.commit()).map_err(failed(&settings, "切换"))?;
        // Readers of the old tables may hold them for a while; they are dropped at the next opening then.
        drop(self.drop_old());
        Ok(())
    }

    fn drop_building(&mut self) -> Result<(), DatabaseError> {
        let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema(Place::Building));
        self.client.batch_execute(&drop).map_err(self.failed("清理"))
    }

    fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.client.batch_execute(begin).map_err(self.failed("开始读取"))
    }

    fn end_reading(&mut self) -> Result<(), DatabaseError> {
        self.client.batch_execute("COMMIT").map_err(self.failed("结束读取"))
    }

    fn rows(&mut self, table: &Table, positions: Option<Range<u64>>) -> Result<Rows, DatabaseError> {
        let columns: Vec<String> =
            table.columns.iter().map(|column| shown(column.kind, column.name)).collect();
        let schema = self.schema(Place::InUse);
        let mut sql = format!("SELECT {} FROM {schema}.{}", columns.join(", "), table.name);
        if let Some(Range { start, end }) = positions {
            sql += &format!(" WHERE position >= {start} AND position < {}", end.min(LAST_POSITION));
        }
        let rows = self.client.query(&sql, &[]).map_err(self.failed("读取"))?;
        Ok(by_key(table, rows.iter().map(read_row)))
    }

    fn query(&mut self, query: &str, parameters: &[&str]) -> Result<Vec<Row>, DatabaseError> {
        let texts = vec![Type::TEXT; parameters.len()];
        let asked = self.client.prepare_typed(query, &texts).map_err(self.failed("查询"))?;
        let column = |column: &postgres::Column| {
            let kind = if *column.type_() == Type::TIMESTAMPTZ { Kind::Instant } else { Kind::Text };
            shown(kind, column.name())
        };
        let columns: Vec<String> = asked.columns().iter().map(column).collect();
        let all_as_texts = format!("SELECT {} FROM ({query}) AS asked", columns.join(", "));
        let asked = self.client.prepare_typed(&all_as_texts, &texts).map_err(self.failed("查询"))?;
        let values = parameters.iter().map(|text| text as &(dyn postgres::types::ToSql + Sync));
        let rows = self.client.query(&asked, &values.collect::<Vec<_>>()).map_err(self.failed("查询"))?;
        Ok(rows.iter().map(read_row).collect())
    }
}

/// A row of texts.
fn read_row(row: &postgres::Row) -> Row {
    (0..row.len()).map(|index| row.get::<_, Option<&str>>(index).map(Into::into)).collect()
}

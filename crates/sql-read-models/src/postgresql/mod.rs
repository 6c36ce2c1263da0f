//! The tables in a schema of a PostgreSQL database.
//!
//! Tables that are being built stand in a schema beside, and the schemas change names in one transaction: that waits for no
//! reader. What was replaced is dropped afterwards.

mod settings;
mod statements;

use std::ops::Range;

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{Client, NoTls, Transaction};

pub use settings::Settings;
use statements::{create, shown, write, write_checkpoint};

use crate::database::{Checkpoint, Database, DatabaseError, LAST_POSITION, Place, Step, by_key};
use crate::layout::{CHECKPOINT, Kind, Table, tables};
use crate::rows::{Row, Rows};

/// What a schema of these tables says of itself.
const COMMENT: &str = "progress-ledger read models";

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

    fn commit(&mut self, step: &Step<'_>) -> Result<(), DatabaseError> {
        let Step { place, expected, changes, checkpoint } = *step;
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

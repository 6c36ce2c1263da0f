//! Where the database is; its password is used and never shown.

use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

use crate::database::DatabaseError;

/// So long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest name of a schema: there is one with an ending beside it, and PostgreSQL cuts names off after 63 bytes.
const LONGEST_NAME: usize = 48;

/// Which database and which schema in it.
#[derive(Clone)]
pub struct Settings {
    pub(super) config: Config,
    pub(super) schema: String,
    /// Names the database for people, without its password.
    pub(super) name: String,
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

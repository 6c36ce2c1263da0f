//! A PostgreSQL server of the test's own, in a temporary folder, at a socket in it; it ends with the test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sql_read_models::{Database, Postgres, Settings};
use tempfile::TempDir;

/// PostgreSQL does not run as root; Debian's package makes this user.
const USER: &str = "postgres";
/// A server that nobody ended ends by itself.
const LONGEST_LIFE_SECONDS: &str = "900";

pub struct Cluster {
    folder: TempDir,
    server: Child,
}

impl Cluster {
    /// Makes and starts a server. That it cannot is a failure, never a test left out.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").unwrap();
        if is_root() {
            let chown = Command::new("chown").arg(USER).arg(folder.path()).status();
            assert!(chown.is_ok_and(|ended| ended.success()), "no user {USER}: {}", advice());
        }
        let data = folder.path().join("data");
        let mut initdb = unprivileged(&program("initdb"));
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        let made = initdb.arg("--pgdata").arg(&data).output().expect("initdb starts");
        assert!(made.status.success(), "initdb: {}; {}", String::from_utf8_lossy(&made.stderr), advice());
        let mut server = unprivileged(&program("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(folder.path());
        server.args(["-c", "listen_addresses=", "-c", "max_connections=20", "-c", "shared_buffers=16MB"]);
        let said = std::fs::File::create(folder.path().join("log")).unwrap();
        let server = server.stdout(Stdio::null()).stderr(said).spawn().expect("postgres starts");
        let mut cluster = Self { folder, server };
        cluster.wait_until_it_answers();
        cluster
    }

    fn wait_until_it_answers(&mut self) {
        let begun = Instant::now();
        while Postgres::open_read_only(&self.settings("public_probe")).is_err() {
            let ended = self.server.try_wait().unwrap();
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "postgres ended: {log}; {}", advice());
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "postgres does not answer: {log}; {}",
                advice()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn address(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.path().display())
    }

    pub fn settings(&self, schema: &str) -> Settings {
        Settings::new(&self.address(), schema, None).unwrap()
    }

    pub fn open(&self, schema: &str) -> Box<dyn Database> {
        Box::new(Postgres::open(&self.settings(schema)).unwrap())
    }

    /// Runs statements as somebody else would.
    pub fn run(&self, statements: &str) -> String {
        let mut psql = Command::new(program("psql"));
        psql.args(["-h", self.folder.path().to_str().unwrap(), "-U", "postgres", "-d", "postgres"]);
        let said = psql.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // `timeout` hands the signal on; the server drops what is connected and ends.
        let _ = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

fn advice() -> &'static str {
    "these tests start a PostgreSQL of their own. Run `cargo xtask test`, which installs Debian's package postgresql, or install it yourself"
}

fn program(name: &str) -> PathBuf {
    // Debian keeps server programs of each version apart, off the search path.
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.map(|folder| folder.unwrap().path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    let searched = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&searched).collect();
    let mut folders = on_path.into_iter().chain(versions.into_iter().rev());
    let found = folders.find(|folder| folder.join(name).is_file());
    found.unwrap_or_else(|| panic!("no program {name}: {}", advice())).join(name)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Runs a program as a user that PostgreSQL takes, for a bounded time.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--signal=QUIT", LONGEST_LIFE_SECONDS]);
    if is_root() {
        command.arg("setpriv").arg(format!("--reuid={USER}")).arg(format!("--regid={USER}"));
        command.args(["--clear-groups", "--"]);
    }
    command.arg(program).current_dir("/tmp");
    command
}

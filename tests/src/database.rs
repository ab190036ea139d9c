//! A migrated database of its own for every test.

use crate::Session;
use sqlx::{Connection, Executor, PgConnection};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;

/// Logins that tests become: members of one role each, made once per cluster.
const LOGINS: &[(&str, &str)] = &[
    ("test_app", "transcript_writer, transcript_reader"),
    ("test_writer", "transcript_writer"),
    ("test_reader", "transcript_reader"),
    ("test_auditor", "transcript_auditor"),
    ("test_purger", "transcript_purger"),
    ("test_redactor", "transcript_redactor"),
    ("test_structure_reader", "transcript_structure_reader"),
    ("test_stranger", ""),
];

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static MADE: AtomicU32 = AtomicU32::new(0);

/// A database that is dropped with the value.
pub struct Database {
    pub name: String,
    pub url: String,
}

impl Database {
    /// A freshly migrated database.
    pub async fn migrated() -> Database {
        let template = TEMPLATE.get_or_init(make_template).await;
        let database = Database::named();
        let statement = format!("create database {} template {template}", database.name);
        execute_on_server(&statement).await;
        database
    }

    /// A database that was never migrated.
    pub async fn empty() -> Database {
        let database = Database::named();
        execute_on_server(&format!("create database {}", database.name)).await;
        database
    }

    fn named() -> Database {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{number}", std::process::id());
        let url = url_of(&name);
        Database { name, url }
    }

    /// A session of the superuser.
    pub async fn superuser(&self) -> Session {
        Session::new(
            PgConnection::connect(&self.url)
                .await
                .expect("the private cluster answers"),
        )
    }

    /// A session of one of the logins (`test_app`, `test_writer`…), which row-level security binds.
    pub async fn login(&self, login: &str) -> Session {
        let mut session = self.superuser().await;
        session
            .run(&format!("set session authorization {login}"))
            .await;
        session
    }

    /// An application's session: writes and reads as one tenant.
    pub async fn app(&self, tenant: &str) -> Session {
        let mut session = self.login("test_app").await;
        session.set_tenant(tenant).await;
        session
    }

    /// Runs the binary against this database.
    pub fn migrator(&self, arguments: &[&str]) -> Output {
        migrator(&self.url, arguments)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("drop database if exists {} with (force)", self.name);
        // A test may have ended its runtime already: a thread with one of its own.
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime")
                .block_on(execute_on_server(&statement));
        });
        let _ = done.join();
    }
}

/// Runs the binary with a database URL.
pub fn migrator(url: &str, arguments: &[&str]) -> Output {
    Command::new(required("PG_TRANSCRIPT_BIN"))
        .args(arguments)
        .env("DATABASE_URL", url)
        .output()
        .expect("the binary runs")
}

/// Drops the databases of test processes that have ended: a template outlives its process.
async fn drop_leftovers() {
    let url = required("PG_TRANSCRIPT_TEST_URL");
    let connected = PgConnection::connect(&url).await;
    let mut server = Session::new(connected.expect("the private cluster answers"));
    let databases = "select datname from pg_database where datname ~ '^t[0-9]+_'";
    for name in server.texts(databases).await {
        let name = name.trim_matches(['(', ')']);
        let process = name[1..].split('_').next().unwrap_or_default();
        if !std::path::Path::new("/proc").join(process).exists() {
            execute_on_server(&format!("drop database if exists {name} with (force)")).await;
        }
    }
}

async fn make_template() -> String {
    drop_leftovers().await;
    let name = format!("t{}_template", std::process::id());
    let statement = format!("drop database if exists {name}");
    execute_on_server(&statement).await;
    execute_on_server(&format!("create database {name}")).await;
    let out = migrator(&url_of(&name), &["migrate"]);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    for (login, roles) in LOGINS {
        let make = format!(
            "do $$ begin
               create role {login} login;
             exception when duplicate_object or unique_violation then null; end $$"
        );
        execute_on_server(&make).await;
        if !roles.is_empty() {
            execute_on_server(&format!("grant {roles} to {login}")).await;
        }
    }
    name
}

/// Runs one statement as superuser, again when a rival test was in the way.
async fn execute_on_server(statement: &str) {
    let url = required("PG_TRANSCRIPT_TEST_URL");
    let mut server = PgConnection::connect(&url)
        .await
        .expect("the private cluster answers");
    for attempt in 0.. {
        match server
            .execute(sqlx::AssertSqlSafe(statement.to_owned()))
            .await
        {
            Ok(_) => break,
            Err(error) if attempt < 50 => {
                let busy = ["55006", "XX000", "42710", "23505"];
                let code = crate::sqlstate(&error);
                assert!(busy.contains(&code.as_str()), "{statement}: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Err(error) => panic!("{statement}: {error}"),
        }
    }
    let _ = server.close().await;
}

fn url_of(database: &str) -> String {
    let server = required("PG_TRANSCRIPT_TEST_URL");
    let (before, query) = server.split_once('?').unwrap_or((&server, ""));
    let (host, _) = before.rsplit_once('/').expect("a URL with a database");
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    format!("{host}/{database}{query}")
}

fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"))
}

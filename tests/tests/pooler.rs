//! Tenants through a transaction pooler: one server connection, many clients taking turns.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use tests::{Database, Session, sqlstate};

/// A PgBouncer of this test's own, gone with the value.
struct Pooler {
    process: Child,
    folder: PathBuf,
    url: String,
}

impl Pooler {
    /// In transaction mode, with so many connections to the server for everybody.
    async fn start(db: &Database, connections: usize) -> Pooler {
        let folder = std::env::temp_dir().join(format!("pg_transcript-pooler-{}", db.name));
        std::fs::create_dir_all(&folder).unwrap();
        // postgres://user:password@host:port/database
        let address = db
            .url
            .rsplit_once('@')
            .unwrap()
            .1
            .split_once('/')
            .unwrap()
            .0;
        let (host, port) = address.split_once(':').unwrap();
        let listen = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = folder.join("pgbouncer.ini");
        // It refuses to run as root.
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let run_as = if is_root { "user = nobody" } else { "" };
        let text = format!(
            "[databases]\npooled = host={host} port={port} dbname={} user=pooled_app password=pooled\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {listen}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = {connections}\n{run_as}\n\
             ignore_startup_parameters = extra_float_digits\n",
            db.name
        );
        std::fs::write(&config, text).unwrap();
        let process =
            Command::new(std::env::var("PG_TRANSCRIPT_PGBOUNCER").expect("run `make test`"))
                .arg("--quiet")
                .arg(&config)
                .spawn()
                .expect("PgBouncer runs");
        let url =
            format!("postgres://anybody@127.0.0.1:{listen}/pooled?statement-cache-capacity=0");
        let pooler = Pooler {
            process,
            folder,
            url,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while let Err(error) = PgConnection::connect(&pooler.url).await {
            assert!(Instant::now() < deadline, "PgBouncer answers: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        pooler
    }

    async fn client(&self) -> Session {
        Session::new(
            PgConnection::connect(&self.url)
                .await
                .expect("PgBouncer answers"),
        )
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// One statement by the simple protocol, as text: poolers keep no prepared statements.
async fn ask(client: &mut Session, sql: &str) -> Result<Vec<String>, sqlx::Error> {
    let rows = client
        .connection
        .fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.get::<Option<String>, _>(0).unwrap_or_default())
        .collect())
}

async fn make_role(dba: &mut Session) {
    dba.run(
        "do $$ begin create role pooled_app login password 'pooled';
         exception when duplicate_object or unique_violation then null; end $$;
         grant transcript_writer, transcript_reader to pooled_app",
    )
    .await;
}

#[tokio::test]
async fn tenants_that_take_turns_on_one_connection_never_meet() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    make_role(&mut dba).await;
    let pooler = Pooler::start(&db, 1).await;
    let tenants = ["acme", "globex", "initech"];
    let mut clients = Vec::new();
    for _ in tenants {
        clients.push(pooler.client().await);
    }
    let mut stranger = pooler.client().await;

    let mut backends = std::collections::BTreeSet::new();
    for round in 0..30 {
        for (tenant, client) in tenants.iter().zip(&mut clients) {
            let set = format!("begin; set local transcript.tenant = '{tenant}'");
            ask(client, &set).await.unwrap();
            let append = format!(
                "select status || ' ' || seq from transcript.append(
                   '[{{\"conversation\":\"shared name\",\"key\":\"k{round}\",\"kind\":\"note\",\"payload\":\"of {tenant}\"}}]')"
            );
            let verdict = ask(client, &append).await.unwrap();
            assert_eq!(verdict, [format!("stored {}", round + 1)], "{tenant}");
            let seen = "select distinct payload #>> '{}' from transcript.events";
            assert_eq!(ask(client, seen).await.unwrap(), [format!("of {tenant}")]);
            backends.extend(ask(client, "select pg_backend_pid()::text").await.unwrap());
            ask(client, if round % 5 == 4 { "rollback" } else { "commit" })
                .await
                .unwrap();
            if round % 5 == 4 {
                // What was rolled back is gone for the next one too.
                ask(
                    client,
                    &format!("begin; set local transcript.tenant = '{tenant}'"),
                )
                .await
                .unwrap();
                assert_eq!(
                    ask(client, &append).await.unwrap(),
                    [format!("stored {}", round + 1)]
                );
                ask(client, "commit").await.unwrap();
            }
            // The same server connection, and nobody's tenant is left on it.
            assert!(
                ask(&mut stranger, "select kind from transcript.events")
                    .await
                    .unwrap()
                    .is_empty()
            );
            let refused = ask(&mut stranger, "select status from transcript.append('[]')").await;
            assert_eq!(sqlstate(&refused.unwrap_err()), "TR012");
        }
    }
    assert_eq!(backends.len(), 1, "everybody shared one server connection");
    for tenant in tenants {
        let own = format!("select count(*) from transcript.events where tenant_id = '{tenant}'");
        assert_eq!(dba.number(&own).await, 30);
    }
}

/// Six clients on two connections, whose backends are ended under them: each client sends its batch until
/// it hears of it, and some send what others sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_through_a_pooler_store_once() {
    const CLIENTS: usize = 6;
    const BATCHES: usize = 25;
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    make_role(&mut dba).await;
    let pooler = Pooler::start(&db, 2).await;
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let mut client = pooler.client().await;
        let url = pooler.url.clone();
        clients.spawn(async move {
            let mut retries = 0;
            for batch in 0..BATCHES {
                // Two clients each send the same.
                let key = format!("{}-{batch}", number / 2);
                let append = format!(
                    "begin; set local transcript.tenant = 'acme';
                     select status from transcript.append(
                       '{{\"conversation\":\"c\",\"items\":[{{\"key\":\"{key}\",\"kind\":\"note\",\"payload\":\"{key}\"}}]}}');
                     commit"
                );
                while let Err(error) = ask(&mut client, &append).await {
                    let code = sqlstate(&error);
                    assert!(code.is_empty() || &code[..2] == "08" || &code[..2] == "57", "{error}");
                    retries += 1;
                    assert!(retries < 200, "never served: {error}");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    if let Ok(connection) = PgConnection::connect(&url).await {
                        client = Session::new(connection);
                    }
                }
            }
            retries
        });
    }
    let mut retries = 0;
    while !clients.is_empty() {
        dba.run("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'pooled_app' order by random() limit 1")
            .await;
        tokio::time::sleep(Duration::from_millis(120)).await;
        while let Some(ended) = clients.try_join_next() {
            retries += ended.expect("the client ends well");
        }
    }
    println!("{retries} retries");
    assert!(retries > 0, "no backend ended under a client");
    let events = "select format('%s %s %s', count(*), count(distinct payload), max(seq)) from transcript.events";
    let n = CLIENTS / 2 * BATCHES;
    assert_eq!(dba.texts(events).await, [format!("(\"{n} {n} {n}\")")]);
}

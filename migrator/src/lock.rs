//! One migration at a time per database.

use std::time::{Duration, Instant};

use sqlx::{PgConnection, Row};

use crate::error::Error;

/// "pgtr" in ASCII: our namespace among the database's advisory locks.
const CLASS: i32 = 0x7067_7472;
const MIGRATION: i32 = 1;
const POLL: Duration = Duration::from_millis(250);

/// Refuses a transaction pooler: there the lock would stay behind on a server session that we may
/// never meet again.
pub async fn require_direct(connection: &mut PgConnection) -> Result<(), Error> {
    let mut seen: Option<(i32, String)> = None;
    for _ in 0..5 {
        // The simple protocol, in which one message is one round trip: a statement prepared in one
        // and run in the next would fail at a pooler with a message that misleads.
        let row = sqlx::raw_sql(
            "SELECT pg_backend_pid(), backend_start::text FROM pg_stat_activity \
             WHERE pid = pg_backend_pid()",
        )
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::request("asking for the server session"))?;
        let session = (row.get(0), row.get(1));
        if *seen.get_or_insert_with(|| session.clone()) != session {
            return Err(Error::Pooled);
        }
    }
    Ok(())
}

/// Takes the lock, waiting up to `wait`.
///
/// It polls: a session that waits inside `pg_advisory_lock` holds a snapshot, and the holder's
/// CREATE INDEX CONCURRENTLY would wait for that snapshot in turn, for ever.
pub async fn acquire(connection: &mut PgConnection, wait: Duration) -> Result<(), Error> {
    let started = Instant::now();
    let mut announced = false;
    loop {
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1, $2)")
            .bind(CLASS)
            .bind(MIGRATION)
            .fetch_one(&mut *connection)
            .await
            .map_err(Error::request("taking the migration lock"))?;
        if taken {
            return Ok(());
        }
        let waited = started.elapsed();
        if waited >= wait {
            return Err(Error::Locked {
                waited,
                holder: holder(connection).await?,
            });
        }
        if !announced && waited > Duration::from_secs(2) {
            let holder = holder(connection)
                .await?
                .unwrap_or_else(|| "another session".to_owned());
            eprintln!("waiting for the migration lock, held by {holder}");
            announced = true;
        }
        tokio::time::sleep(POLL.min(wait - waited)).await;
    }
}

/// Gives the lock back, and says if it was not ours any more.
pub async fn release(connection: &mut PgConnection) -> Result<(), Error> {
    let held: bool = sqlx::query_scalar("SELECT pg_advisory_unlock($1, $2)")
        .bind(CLASS)
        .bind(MIGRATION)
        .fetch_one(connection)
        .await
        .map_err(Error::request("giving the migration lock back"))?;
    if held { Ok(()) } else { Err(Error::LockLost) }
}

async fn holder(connection: &mut PgConnection) -> Result<Option<String>, Error> {
    sqlx::query_scalar(
        "SELECT format('pid %s, application %s, connected for %s', l.pid,
                       coalesce(nullif(a.application_name, ''), 'unnamed'),
                       coalesce(date_trunc('second', clock_timestamp() - a.backend_start)::text,
                                'an unknown time'))
         FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND l.classid = $1::int8::oid AND l.objid = $2::int8::oid",
    )
    .bind(i64::from(CLASS))
    .bind(i64::from(MIGRATION))
    .fetch_optional(connection)
    .await
    .map_err(Error::request("asking who holds the migration lock"))
}

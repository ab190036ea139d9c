//! Statements that were prepared before the schema changed under them.

use crate::batches::stored;
use std::path::Path;
use tests::{Database, Session, leaves};

/// What an application keeps prepared for as long as it is connected.
const PREPARE: &str = "
    prepare append(jsonb) as select string_agg(status, ' ' order by index) from transcript.append($1);
    prepare timeline(text) as select count(*) from transcript.timeline($1);
    prepare tail as select count(*) > 0 from transcript.tail();
    prepare calls(text) as select count(*) from transcript.calls($1)";

async fn execute(app: &mut Session, statement: &str) -> String {
    use sqlx::{Executor, Row};
    let sql = sqlx::AssertSqlSafe(format!("execute {statement}"));
    let row = app
        .connection
        .fetch_one(sqlx::raw_sql(sql))
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    row.get_unchecked::<String, _>(0)
}

#[tokio::test]
async fn prepared_statements_outlive_ddl() {
    let db = Database::migrated().await;
    let (mut app, mut dba) = (db.app("acme").await, db.superuser().await);
    app.run(PREPARE).await;
    let store = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/functions/04_append.sql"),
    )
    .expect("a file of functions");
    let migrate = || {
        let output = db.migrator(&["migrate"]);
        assert!(output.status.success(), "{}", tests::stderr(&output));
    };
    let changes: &[(&str, &str)] = &[
        ("nothing", "select"),
        ("a new partition", leaves::MAKE_OLD),
        ("replaced functions", &format!("begin; {store}; commit")),
        (
            "a new column",
            "alter table transcript.conversations add column extra text default 'x';
             alter table transcript.events add column extra text",
        ),
        (
            "a column gone",
            "alter table transcript.events drop column extra",
        ),
        (
            "a new index",
            "create index events_extra on transcript.events (conversation_id, kind)",
        ),
        ("statistics", "analyze transcript.events"),
        (
            "the extension made anew",
            "drop extension pg_transcript cascade",
        ),
        ("all partitions dropped", leaves::DROP_ALL),
    ];
    let mut number = 0;
    for (what, ddl) in changes {
        // Often enough for a generic plan, before and after.
        for round in 0..2 {
            if round == 1 {
                dba.run(ddl).await;
                if ddl.contains("extension") {
                    migrate();
                }
                if ddl == &leaves::DROP_ALL {
                    dba.run("select transcript.ensure_partitions(); update transcript.conversations set event_count = 0, next_seq = 1")
                        .await;
                    number = 0;
                }
            }
            for _ in 0..7 {
                let batch = format!(
                    r#"'{{"conversation":"c","items":[{{"key":"k{number}","kind":"note","payload":"k{number}"}},
                        {{"key":"k{number}","kind":"note","payload":"k{number}"}}]}}'"#
                );
                number += 1;
                let verdicts = execute(&mut app, &format!("append({batch})")).await;
                assert_eq!(verdicts, "stored duplicate", "{what}");
                let count = execute(&mut app, "timeline('c')").await;
                assert_eq!(count, number.to_string(), "{what}");
                assert_eq!(execute(&mut app, "calls('c')").await, "0", "{what}");
                execute(&mut app, "tail").await;
            }
        }
        assert_eq!(stored(&mut dba, "c").await.len(), number, "{what}");
    }
}

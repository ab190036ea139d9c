//! The views run with the owner's rights: what keeps tenants and users apart must hold all the same.

use tests::{Database, Session};

const VIEWS: [&str; 3] = ["masked_conversations", "masked_runs", "masked_events"];

async fn filled(db: &Database) -> Session {
    for (tenant, user) in [("acme", "ann"), ("acme", "bob"), ("rival", "ann")] {
        let mut app = db.app(tenant).await;
        app.run(&format!(
            "select set_config('transcript.user_id', '{user}', false)"
        ))
        .await;
        let batch = format!(
            r#"{{"conversation":"c of {user}","run":"r","items":[{{"key":"a","kind":"note","payload":{{"said":"by {user} of {tenant}"}}}}]}}"#
        );
        assert_eq!(app.append(&batch, "native").await[0].status, "stored");
    }
    db.superuser().await
}

#[tokio::test]
async fn a_structure_reader_reads_the_views_and_nothing_else() {
    let db = Database::migrated().await;
    let mut dba = filled(&db).await;
    let mut reader = db.login("test_structure_reader").await;
    reader.set_tenant("acme").await;
    let relations = dba
        .texts("select relname from pg_class where relnamespace = 'transcript'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')")
        .await;
    assert!(relations.len() > 15);
    for relation in relations {
        let relation = relation.trim_matches(['(', ')']);
        let select = reader
            .try_run(&format!("select * from transcript.{relation}"))
            .await;
        assert_eq!(
            select.is_ok(),
            VIEWS.contains(&relation),
            "{relation}: {select:?}"
        );
        for change in ["delete from transcript.", "insert into transcript."] {
            let rest = if change.starts_with("insert") {
                " default values"
            } else {
                ""
            };
            let error = reader
                .try_run(&format!("{change}{relation}{rest}"))
                .await
                .expect_err(relation);
            assert_eq!(tests::sqlstate(&error), "42501", "{change}{relation}");
        }
    }
    for refused in [
        "select transcript.append('[]')",
        "select * from transcript.timeline('c of ann')",
        "select * from transcript.messages('c of ann')",
        "call transcript.reredact()",
        "call transcript.purge()",
    ] {
        assert_eq!(reader.error(refused).await.0, "42501", "{refused}");
    }
    let options = dba
        .texts("select relname || ' ' || array_to_string(reloptions, ',') || ' ' || relowner::regrole from pg_class where relnamespace = 'transcript'::regnamespace and relkind = 'v' and relname ~ '^masked_' order by 1")
        .await;
    assert_eq!(
        options,
        ["masked_conversations", "masked_events", "masked_runs"]
            .map(|view| format!("(\"{view} security_barrier=true transcript_owner\")"))
    );
}

#[tokio::test]
async fn tenants_and_users_stay_apart_through_the_views() {
    let db = Database::migrated().await;
    let mut dba = filled(&db).await;
    // Also whoever got the right to all tables by mistake, and whoever asks with a function of their own.
    dba.run("grant usage on schema transcript to test_stranger; grant select on all tables in schema transcript to test_stranger; grant create, usage on schema public to test_structure_reader, test_stranger; grant execute on all functions in schema transcript to test_stranger").await;
    for role in ["test_structure_reader", "test_stranger"] {
        let mut reader = db.login(role).await;
        for (tenant, user, rows) in [
            ("", "", 0),
            (" ", "", 0),
            ("acme", "", 2),
            ("rival", "", 1),
            ("acme", "ann", 1),
            ("rival", "bob", 0),
            ("acme' or true", "", 0),
        ] {
            sqlx::query("select set_config('transcript.tenant', $1, false), set_config('transcript.user_id', $2, false)")
                .bind(tenant)
                .bind(user)
                .execute(&mut reader.connection)
                .await
                .expect("settings");
            for view in VIEWS {
                let seen = reader
                    .number(&format!("select count(*) from transcript.{view}"))
                    .await;
                assert_eq!(seen, rows, "{role}, {tenant:?}, {user:?}, {view}");
                let foreign = format!(
                    "select count(*) from transcript.{view} where tenant_id <> btrim('{}')",
                    tenant.replace('\'', "''")
                );
                assert_eq!(
                    reader.number(&foreign).await,
                    0,
                    "{role}, {tenant:?}, {view}"
                );
            }
        }
        // A function that tells what it is asked about, made to look cheap: the barrier keeps it behind.
        reader.set_tenant("acme").await;
        reader
            .run("select set_config('transcript.user_id', '', false)")
            .await;
        reader.run("create or replace function public.peek(text) returns boolean language plpgsql cost 0.0001 as $$ begin raise notice '%', $1; if $1 = 'rival' then raise 'peeked'; end if; return true; end $$").await;
        for view in VIEWS {
            reader
                .run(&format!(
                    "select count(*) from transcript.{view} where public.peek(tenant_id)"
                ))
                .await;
        }
        reader.run("drop function public.peek(text)").await;
    }
    let mut reader = db.login("test_structure_reader").await;
    assert_eq!(
        reader
            .error("select * from transcript.masked_timeline(gen_random_uuid())")
            .await
            .0,
        "TR012"
    );
    reader.set_tenant("rival").await;
    let acme = dba
        .text(
            "select conversation_id from transcript.conversations where tenant_id = 'acme' limit 1",
        )
        .await;
    assert_eq!(
        reader
            .number(&format!(
                "select count(*) from transcript.masked_timeline('{acme}')"
            ))
            .await,
        0
    );
}

#[tokio::test]
async fn the_extension_can_still_be_dropped_and_the_views_say_so() {
    let db = Database::migrated().await;
    let mut dba = filled(&db).await;
    dba.run("drop extension pg_transcript cascade").await;
    let mut reader = db.login("test_structure_reader").await;
    reader.set_tenant("acme").await;
    assert_eq!(
        reader
            .error("select payload from transcript.masked_events")
            .await
            .0,
        "42883"
    );
    assert!(db.migrator(&["migrate"]).status.success());
    assert_eq!(
        reader
            .number("select count(*) from transcript.masked_events where payload is not null")
            .await,
        2
    );
}

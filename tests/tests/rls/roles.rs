//! Every role on every table and every leaf, also after a careless grant.

use crate::matrix::{CHANGES, ROLES, SELECTS, count, fill, tables};
use tests::Database;

#[tokio::test]
async fn every_role_on_every_table_is_as_declared() {
    let db = Database::migrated().await;
    let mut dba = fill(&db).await;
    let tables = tables(&mut dba).await;
    let leaves = tables.iter().filter(|t| t.family == "leaf").count();
    assert!(leaves >= 12, "{leaves} leaves");
    for (declared, _) in SELECTS {
        assert!(
            tables.iter().any(|t| t.family == *declared),
            "{declared} is declared, but not there"
        );
    }

    let mut wrong = Vec::new();
    let mut cells = 0;
    for (number, role) in ROLES.iter().enumerate() {
        for context in [Some("acme"), Some("rival"), None, Some("")] {
            let mut session = db.login(role).await;
            if let Some(tenant) = context {
                session.set_tenant(tenant).await;
            }
            for table in &tables {
                let Some((_, declared)) = SELECTS.iter().find(|(name, _)| *name == table.family)
                else {
                    panic!("table {} is not declared in this test", table.name);
                };
                let name = &table.name;
                let mut complain =
                    |what: String| wrong.push(format!("{role}, tenant {context:?}: {what}"));

                let all = format!("select count(*) from transcript.{name}");
                let seen = count(&mut session, &all).await;
                let wanted = match &declared[number..=number] {
                    "-" => Err("42501".to_owned()),
                    "a" => count(&mut dba, &all).await,
                    "o" => {
                        let tenant = context.unwrap_or_default();
                        let own = format!("{all} where tenant_id = '{tenant}'");
                        let own = count(&mut dba, &own).await;
                        assert_eq!(
                            own != Ok(0),
                            !tenant.is_empty(),
                            "{name} has no row of {tenant}"
                        );
                        let foreign = format!("{all} where tenant_id <> '{tenant}'");
                        let foreign = count(&mut session, &foreign).await;
                        if foreign != Ok(0) {
                            complain(format!("{name} shows foreign rows: {foreign:?}"));
                        }
                        own
                    }
                    other => panic!("{other:?} is not a cell"),
                };
                if seen != wanted {
                    complain(format!(
                        "select from {name} gives {seen:?}, declared is {wanted:?}"
                    ));
                }
                cells += 1;

                let changes = [
                    (
                        "insert",
                        format!("insert into transcript.{name} default values"),
                    ),
                    (
                        "update",
                        format!("update transcript.{name} set {0} = {0}", table.column),
                    ),
                    ("delete", format!("delete from transcript.{name}")),
                    ("truncate", format!("truncate transcript.{name}")),
                ];
                for (command, statement) in changes {
                    session.run("begin").await;
                    let state = session
                        .try_run(&statement)
                        .await
                        .err()
                        .map(|e| tests::sqlstate(&e));
                    session.run("rollback").await;
                    let refused = state.as_deref() == Some("42501");
                    let allowed = CHANGES.contains(&(*role, table.family.as_str(), command));
                    if refused == allowed {
                        complain(format!(
                            "{command} on {name} gives {state:?}, allowed is {allowed}"
                        ));
                    }
                    cells += 1;
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {cells} cells differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn a_careless_grant_on_all_tables_shows_no_foreign_row() {
    let db = Database::migrated().await;
    let mut dba = fill(&db).await;
    for role in ROLES {
        dba.run(&format!(
            "grant usage on schema transcript to {role};
             grant select, insert, update, delete on all tables in schema transcript to {role};
             alter default privileges for role transcript_owner in schema transcript grant select on tables to {role}"
        ))
        .await;
    }
    // Leaves that the job makes later, with a row of both tenants in the newest.
    dba.run("update transcript.settings set partitions_ahead = 8")
        .await;
    let mut purger = db.login("test_purger").await;
    assert_eq!(
        purger
            .number("select count(*) from transcript.ensure_partitions()")
            .await,
        20
    );
    dba.run(
        "insert into transcript.events (conversation_id, seq, recorded_at, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
           select v.conversation_id, 200, (select max(upper_bound) from transcript.partitions) - interval '1 day',
             gen_random_uuid(), v.tenant_id, 'model_call', jsonb_build_object('large', repeat('x y ', 9000), 'input', jsonb_build_array(repeat('lorem ', 300)),
             'url', 'data:image/png;base64,' || repeat('iVBO', 400)), 0, '', 0
           from transcript.conversations v",
    )
    .await;
    let tables = tables(&mut dba).await;
    let with_rows = "select count(*) from (select tableoid from transcript.events union select tableoid from transcript.blobs
        union select tableoid from transcript.attachments union select tableoid from transcript.inputs) t";
    assert_eq!(
        dba.number(with_rows).await,
        12,
        "three leaves of each have rows"
    );

    let mut wrong = Vec::new();
    for role in ROLES {
        for tenant in ["acme", ""] {
            let mut session = db.login(role).await;
            session.set_tenant(tenant).await;
            for table in tables.iter().filter(|t| t.has_tenant || t.family == "leaf") {
                let name = &table.name;
                if table.family == "leaf" {
                    let seen = count(
                        &mut session,
                        &format!("select count(*) from transcript.{name}"),
                    )
                    .await;
                    if seen != Ok(0) {
                        wrong.push(format!("{role} sees {seen:?} in leaf {name}"));
                    }
                    for change in [
                        format!("delete from transcript.{name}"),
                        format!("update transcript.{name} set tenant_id = 'acme'"),
                    ] {
                        let changed = session.try_run(&change).await;
                        let left = count(
                            &mut dba,
                            &format!(
                                "select count(*) from transcript.{name} where tenant_id = 'rival'"
                            ),
                        )
                        .await;
                        let owned = count(
                            &mut dba,
                            "select count(*) from transcript.events where tenant_id = 'acme'",
                        )
                        .await;
                        if changed.is_ok()
                            && (left == Ok(0) && name.ends_with("_old") || owned == Ok(0))
                        {
                            wrong.push(format!("{role}: {change} took effect"));
                        }
                    }
                    let copied = format!("insert into transcript.{name} select * from transcript.{name}
                        union all select (jsonb_populate_record(null::transcript.{name},
                          jsonb_build_object('conversation_id', gen_random_uuid(), 'tenant_id', 'acme', 'payload', 1))).*");
                    if session.try_run(&copied).await.is_ok() {
                        wrong.push(format!("{role} inserts into leaf {name}"));
                    }
                } else {
                    // The purger's policies and the auditor's catalogues name who sees all.
                    let sees_all = SELECTS.iter().any(|(family, cells)| {
                        let at = ROLES.iter().position(|r| *r == role).unwrap_or_default();
                        *family == table.family && &cells[at..=at] == "a"
                    });
                    let foreign = format!(
                        "select count(*) from transcript.{name} where tenant_id is distinct from '{tenant}'"
                    );
                    let seen = count(&mut session, &foreign).await;
                    if seen != Ok(0) && !sees_all {
                        wrong.push(format!(
                            "{role}, tenant {tenant:?}, sees {seen:?} foreign rows in {name}"
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

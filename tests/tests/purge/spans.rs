//! Old spans to purge, and what the catalog and the log say of them.

use tests::Session;

/// Leaves of events and blobs for a span, and a conversation of `tenant` with an event and a blob in
/// it. Bounds are SQL expressions.
pub async fn old_span(dba: &mut Session, name: &str, lower: &str, upper: &str, tenant: &str) {
    dba.run(&format!(
        "select transcript.create_leaf(p, p || '_{name}', {lower}, {upper}) from unnest(array['events', 'blobs']::name[]) p;
         insert into transcript.conversations (conversation_id, tenant_id, external_id, created_at, next_seq)
           values (transcript.conversation_id('{tenant}', '{name}'), '{tenant}', '{name}', {lower}, 3);
         insert into transcript.events (conversation_id, seq, recorded_at, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version)
           select transcript.conversation_id('{tenant}', '{name}'), n, ({upper})::timestamptz - interval '1 microsecond' * n, gen_random_uuid(), '{tenant}', 'note',
             case n when 1 then to_jsonb('of {name}'::text) else jsonb_build_object('log', repeat('{name} words ', 9000)) end, 0, '', 0
           from generate_series(1, 2) n"
    ))
    .await;
    let spilled = format!("select count(*) from transcript.blobs_{name}");
    assert_eq!(dba.number(&spilled).await, 1, "{name} has a blob");
}

pub fn day(days: i32) -> String {
    format!(
        "(date_trunc('day', now(), 'UTC') - interval '{} hours')",
        24 * days
    )
}

pub async fn leaves(dba: &mut Session) -> Vec<String> {
    let found = dba
        .texts("select relname from pg_class where relnamespace = 'transcript'::regnamespace and relispartition and relkind = 'r' and relname !~ '_2[0-9]{7}$' order by 1")
        .await;
    found
        .iter()
        .map(|leaf| leaf.trim_matches(['(', ')']).to_owned())
        .collect()
}

/// Leaf, result and rows of each entry, in order.
pub async fn log(dba: &mut Session) -> Vec<String> {
    let found = dba
        .texts("select format('%s %s %s', coalesce(leaf, parent), result, rows_removed) from transcript.purge_log order by purge_id")
        .await;
    found
        .iter()
        .map(|entry| entry.trim_matches(['(', ')', '"']).to_owned())
        .collect()
}

/// The spans of a parent's leaves, read from the catalog, have neither gap nor overlap and reach from
/// now on into the future; and the table of leaves says the same.
pub async fn check_spans(dba: &mut Session, what: &str) {
    for parent in ["events", "blobs", "attachments", "inputs", "changes"] {
        let catalog = format!(
            "select c.relname::text as leaf,
               substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \\(''([^'']+)')::timestamptz as lower_bound,
               substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''([^'']+)')::timestamptz as upper_bound
             from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'transcript.{parent}'::regclass"
        );
        let differing = format!(
            "select count(*) from ({catalog}) c full join (select * from transcript.partitions where parent = '{parent}') p
               on p.leaf::text = c.leaf and p.lower_bound = c.lower_bound and p.upper_bound = c.upper_bound
             where p.leaf is null or c.leaf is null"
        );
        assert_eq!(
            dba.number(&differing).await,
            0,
            "{what}: {parent}: transcript.partitions differs from the catalog"
        );
        let broken = format!(
            "select count(*) from (select upper_bound, lead(lower_bound) over (order by lower_bound) as next from ({catalog}) c) s where next <> upper_bound"
        );
        assert_eq!(
            dba.number(&broken).await,
            0,
            "{what}: {parent}: gap or overlap"
        );
        let covered = format!(
            "select count(*) from ({catalog}) c where now() >= lower_bound and now() < upper_bound"
        );
        assert_eq!(dba.number(&covered).await, 1, "{what}: {parent}: now");
    }
}

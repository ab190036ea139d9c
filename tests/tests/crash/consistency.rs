//! What must hold of the tables whenever the server comes up.

use tests::Session;

/// What must hold of the tables whenever the server comes up.
pub async fn assert_consistent(dba: &mut Session) {
    let gaps = "select format('%s: %s events, seq %s to %s, %s; next %s', c.external_id, count(*), min(seq), max(seq), c.event_count, c.next_seq)
        from transcript.conversations c left join transcript.events e using (conversation_id)
        group by c.conversation_id
        having (count(*), min(seq), max(seq), count(distinct seq), c.event_count, c.message_count, c.next_seq)
          is distinct from (count(*), 1, count(*), count(*), count(*), count(*), count(*) + 1)";
    let orphans = "select 'no blob for ' || e.seq from transcript.events e where blob_at is not null and not exists (
          select from transcript.blobs b where (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at))
        union all
        select 'no event for a blob' from transcript.blobs b where not exists (
          select from transcript.events e where (b.conversation_id, b.digest, b.recorded_at) = (e.conversation_id, e.digest, e.blob_at))
        union all
        select 'no conversation or run for ' || e.seq from transcript.events e
          left join transcript.conversations c using (conversation_id)
          left join transcript.runs r using (conversation_id, run_id) where c is null or r is null
        union all
        select 'not audited: ' || e.seq from transcript.events e where redactions > 0 and not exists (
          select from transcript.audit_log a where a.conversation_id = e.conversation_id and a.seq = e.seq)
        union all
        select 'not redacted: ' || e.seq from transcript.events e where payload::text like '%ada@example.com%'";
    let runs = "select format('run %s of %s', r.external_id, c.external_id)
        from transcript.runs r join transcript.conversations c using (conversation_id)
        left join transcript.events e on (e.conversation_id, e.run_id) = (r.conversation_id, r.run_id)
        group by r.conversation_id, r.run_id, c.external_id
        having (min(e.recorded_at), max(e.recorded_at)) is distinct from (r.started_at, r.last_activity)";
    let parts = "select v from transcript.verify_blobs() v";
    for sql in [gaps, orphans, runs, parts] {
        let found = dba.texts(sql).await;
        assert!(found.is_empty(), "{found:?}");
    }
}

/// Every index agrees with its table.
pub async fn assert_indexes(dba: &mut Session) {
    let checked = dba
        .number(
            "select count(bt_index_check(i.indexrelid, true)) from pg_index i join pg_class c on c.oid = i.indexrelid
             where c.relnamespace = 'transcript'::regnamespace and c.relkind = 'i'",
        )
        .await;
    assert!(checked > 10);
}

//! What `digest`, `redact` and `cap` read and write.

use crate::texts::{all_texts, assert_none, loaded};

#[tokio::test]
async fn digest_is_what_plain_sql_says() {
    let (_db, mut dba) = loaded(&all_texts()).await;
    assert_none(
        &mut dba,
        "(select n, t, transcript.parse(t) as p from item offset 0) i",
        "case when transcript.digest(p) <> sha256(convert_to(p::text, 'UTF8')) then 'has another digest' end",
    )
    .await;
}

#[tokio::test]
async fn redact_writes_what_the_server_writes_and_only_once() {
    let (_db, mut dba) = loaded(&all_texts()).await;
    for policy in ["secrets", "standard", "strict"] {
        let policy = format!("transcript.builtin_policy('{policy}')");
        let redacted = format!(
            "(select n, t, p, transcript.redact(p, {policy}) as r from (select n, t, transcript.parse(t) as p from item offset 0) i offset 0) j"
        );
        assert_none(
            &mut dba,
            &redacted,
            &format!(
                "case when not pg_temp.same(r::text::jsonb, r) then 'is not the server''s form'
                   when pg_column_size(transcript.redact(transcript.parse(t), {policy})) <> pg_column_size(r::text::jsonb) then 'has another size'
                   when not pg_temp.same(transcript.redact(r, {policy}), r) then 'is redacted again'
                   when p = r and not pg_temp.same(p, r) then 'was rebuilt for nothing' end"
            ),
        )
        .await;
        let changed = dba
            .number(&format!("select count(*) from {redacted} where p <> r"))
            .await;
        println!("{policy}: {changed} changed");
        assert!(changed >= 3, "the hand-written ones: {changed}");
    }
}

#[tokio::test]
async fn cap_keeps_the_limit_and_what_is_under_it() {
    let (_db, mut dba) = loaded(&all_texts()).await;
    for max in [256, 1000, 32768] {
        let capped = format!(
            "(select n, t, p, c, size, case jsonb_typeof(c) when 'array' then c -> -1 else c end -> '$capped' as m
              from (select n, t, p, transcript.cap(p, {max}) as c, pg_column_size(p::text::jsonb) as size
                from (select n, t, transcript.parse(t) as p from item offset 0) i offset 0) j offset 0) k"
        );
        assert_none(
            &mut dba,
            &capped,
            &format!(
                "case when pg_column_size(c::text::jsonb) > {max} then 'is over the limit'
                   when not pg_temp.same(c::text::jsonb, c) then 'is not the server''s form'
                   when size <= {max} and not pg_temp.same(c, p) then 'was cut for nothing'
                   when size > {max} and not coalesce(m @> jsonb_build_object('bytes', size, 'sha256', encode(sha256(convert_to(p::text, 'UTF8')), 'hex')), false) then 'has a wrong mark'
                   when not pg_temp.same(transcript.cap(c, {max}), c) then 'is cut again' end"
            ),
        )
        .await;
        // The room is used: a large string is not thrown away to fit.
        let cut = dba.text(&format!("select format('%s cut, %s of the room', count(*), round(avg(pg_column_size(c::text::jsonb)) / {max}, 2)) from {capped} where size > {max}")).await;
        println!("{max}: {cut}");
        assert!(!cut.starts_with("0 cut"), "{max}: nothing was cut");
    }
}

/// A datum as it lies in a table (short header, compressed, out of line) is read like one in memory.
#[tokio::test]
async fn stored_datums_are_read_like_fresh_ones() {
    let (_db, mut dba) = loaded(&all_texts()).await;
    for (storage, compression) in [
        ("extended", "lz4"),
        ("extended", "pglz"),
        ("external", "pglz"),
        ("main", "lz4"),
    ] {
        dba.run(&format!(
            "drop table if exists stored;
             create temporary table stored (n bigint, t text, p jsonb);
             alter table stored alter column p set storage {storage};
             alter table stored alter column p set compression {compression};
             insert into stored select n, t, transcript.parse(t) from item"
        ))
        .await;
        assert_none(
            &mut dba,
            "(select n, t, p as s, transcript.parse(t) as p, transcript.builtin_policy('standard') as policy from stored offset 0) i",
            "case when transcript.digest(s) <> transcript.digest(p) then 'has another digest'
               when not pg_temp.same(transcript.redact(s, policy), transcript.redact(p, policy)) then 'is redacted differently'
               when not pg_temp.same(transcript.cap(s, 1000), transcript.cap(p, 1000)) then 'is capped differently'
               when not pg_temp.same(transcript.cap(s, pg_column_size(p::text::jsonb)), p) then 'is cut at its own size' end",
        )
        .await;
    }
}

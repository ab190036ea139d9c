//! What `parse` takes, and the bytes it makes of it.

use crate::nasty::nasty_texts;
use crate::refused::{NOT_JSON, more_than_the_server_takes, numbers_beyond_numeric};
use crate::texts::{all_texts, assert_none, corpus_texts, loaded};
use tests::Session;

#[tokio::test]
async fn parse_gives_the_server_s_own_bytes() {
    let (nasty, corpus) = (nasty_texts(), corpus_texts());
    let texts: Vec<String> = nasty.iter().chain(&corpus).cloned().collect();
    let (_db, mut dba) = loaded(&texts).await;
    // All the hand-written ones are in the comparison, and most of the others.
    let refused = dba
        .texts(&format!(
            "select left(t, 60) from item where n <= {} and pg_temp.served(t) is null",
            nasty.len()
        ))
        .await;
    assert!(refused.is_empty(), "the server refuses {refused:?}");
    let served = dba
        .number("select count(*) from item where pg_temp.served(t) is not null")
        .await;
    println!("{} texts, the server takes {served}", texts.len());
    assert!(served as usize >= texts.len() - 10);
    assert_none(
        &mut dba,
        "(select n, t, transcript.parse(t) as p, pg_temp.served(t) as s from item offset 0) i where s is not null",
        "case when p is distinct from s then 'differs'
           when p::text <> s::text or md5(p::text) <> md5(s::text) then 'prints differently'
           when jsonb_hash_extended(p, 0) <> jsonb_hash_extended(s, 0) then 'hashes differently'
           when jsonb_cmp(p, s) <> 0 then 'sorts differently'
           when pg_column_size(transcript.parse(t)) <> pg_column_size(t::jsonb) then 'has another size'
           when not pg_temp.same(p, s) then 'has other bytes' end",
    )
    .await;
}

#[tokio::test]
async fn parse_takes_all_json_and_keeps_other_text() {
    let (_db, mut dba) = loaded(&all_texts()).await;
    // Would raise an error.
    let parsed = dba
        .number("select count(transcript.parse(t)) from item")
        .await;
    assert_eq!(parsed, dba.number("select count(*) from item").await);
    // …and what it took is jsonb as the server would have written it.
    assert_none(
        &mut dba,
        "(select n, t, transcript.parse(t) as p from item offset 0) i",
        "case when not pg_temp.same(p::text::jsonb, p) then 'is not the server''s form' end",
    )
    .await;
    for (text, printed) in more_than_the_server_takes() {
        let answer: (bool, String) =
            sqlx::query_as("select pg_temp.served($1) is null, transcript.parse($1)::text")
                .bind(&text)
                .fetch_one(&mut dba.connection)
                .await
                .expect("parse takes it");
        assert_eq!(answer, (true, printed), "{text}");
    }
    for (text, printed) in numbers_beyond_numeric() {
        let answer: (bool, String) =
            sqlx::query_as("select pg_temp.served($1) is null, transcript.parse($1)::text")
                .bind(&text)
                .fetch_one(&mut dba.connection)
                .await
                .expect("parse takes it");
        assert_eq!(answer, (true, printed), "{}", &text[..text.len().min(40)]);
    }
    for text in NOT_JSON {
        let server = sqlx::query("select $1::text::jsonb")
            .bind(text)
            .execute(&mut dba.connection)
            .await;
        assert!(server.is_err(), "the server takes {text:?}");
        assert_kept(&mut dba, text).await;
    }
    // But for a byte order mark, which files begin with.
    let marked: String = sqlx::query_scalar("select transcript.parse($1)::text")
        .bind("\u{feff}[1]")
        .fetch_one(&mut dba.connection)
        .await
        .expect("parse skips it");
    assert_eq!(marked, "[1]");
    assert_kept(&mut dba, "\u{feff}[1").await;
    assert_kept(
        &mut dba,
        &format!("{}1{}", "[".repeat(300), "]".repeat(300)),
    )
    .await;
}

/// Text that is not JSON is kept as what it is, and comes back byte for byte.
async fn assert_kept(dba: &mut Session, text: &str) {
    let answer: (bool, String) = sqlx::query_as(
        "select p = jsonb_build_object('$unparsed', $1::text), transcript.unparse(p)
         from (select transcript.parse($1) as p offset 0) i",
    )
    .bind(text)
    .fetch_one(&mut dba.connection)
    .await
    .expect("parse takes it");
    assert_eq!(answer, (true, text.to_owned()));
}

#[tokio::test]
async fn unparse_gives_every_text_back() {
    let (_db, mut dba) = loaded(&all_texts()).await;
    assert_none(
        &mut dba,
        "(select n, t, p, u, pg_temp.served(t) as s from
           (select n, t, p, transcript.unparse(p) as u from
             (select n, t, transcript.parse(t) as p from item offset 0) i offset 0) j offset 0) k",
        "case when not pg_temp.same(transcript.parse(u), p) then 'is another value'
           when s is not null and u::jsonb <> s then 'is another value to the server'
           when s is null and pg_temp.served(u) is not null then 'became what the server takes' end",
    )
    .await;
}

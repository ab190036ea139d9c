//! Payloads that were made to be misread.

use crate::{Image, PROBLEMS, SOUND, base64, notes};
use tests::Database;

#[tokio::test]
async fn whatever_looks_like_an_attachment_or_a_reference_comes_back_as_it_was() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let image = Image::new(7, 3_000);
    let (url, data) = (image.url(), &image.base64);
    let hex: String = app
        .text(&format!(
            "select encode(sha256(decode('{data}', 'base64')), 'hex')"
        ))
        .await;
    let reference = format!(
        r#"{{"$attachment":{{"bytes":3000,"media_type":"image/png","prefix":"data:image/png;base64,","sha256":"{hex}"}}}}"#
    );
    let upper = data.to_ascii_uppercase();
    let cases = [
        // A true one beside a literal reference to it: only one of them may be replaced.
        (
            format!(
                r#"{{"a":"{url}","b":{reference},"$$attachment":{reference},"$attachment":1,"$$$shared":2}}"#
            ),
            1,
        ),
        (format!(r#"{{"a":{reference}}}"#), 0),
        (reference.clone(), 0),
        (format!(r#"[{reference},"{url}"]"#), 1),
        // Not canonical: line ends, no padding, base64url, blanks, an escape, one character short.
        (
            format!(
                r#"{{"a":"data:image/png;base64,{}\n{}"}}"#,
                &data[..76],
                &data[76..]
            ),
            0,
        ),
        (
            format!(
                r#"{{"a":"data:image/png;base64,{}"}}"#,
                base64(&image.bytes[..2_999]).trim_end_matches('=')
            ),
            0,
        ),
        (
            format!(
                r#"{{"a":"data:image/png;base64,{}"}}"#,
                base64(&[0xFF; 3_000]).replace('/', "_")
            ),
            0,
        ),
        (format!(r#"{{"a":"data:image/png;base64, {data}"}}"#), 0),
        (
            format!(
                r#"{{"a":"data:image/png;base64,{}"}}"#,
                &data[..data.len() - 1]
            ),
            0,
        ),
        (format!(r#"{{"a":"data:image/png;base64,{data}===="}}"#), 0),
        (format!(r#"{{"a":"see data:image/png;base64,{data}"}}"#), 0),
        // Parameters, capitals, another comma, a head that has no end.
        (
            format!(r#"{{"a":"data:image/SVG+xml;charset=utf-8;name=a b;base64,{data}"}}"#),
            1,
        ),
        (format!(r#"{{"a":"DATA:Image/PNG;BASE64,{data}"}}"#), 1),
        (format!(r#"{{"a":"data:;base64,{data}"}}"#), 1),
        (format!(r#"{{"a":"data:,base64,{data}"}}"#), 0),
        (
            format!(r#"{{"a":"data:{};base64,{data}"}}"#, "x/y;".repeat(100)),
            0,
        ),
        (
            format!(r#"{{"type":"IMAGE","mimeType":"IMAGE/PNG; a=b","data":"{data}"}}"#),
            1,
        ),
        (format!(r#"{{"mimeType":7,"data":"{data}"}}"#), 0),
        (format!(r#"{{"mimeType":"image","data":"{data}"}}"#), 0),
        // Valid base64 of something else is kept as the same text.
        (format!(r#"{{"mimeType":"image/png","data":"{upper}"}}"#), 1),
        // Within a string that is JSON itself, it is left alone.
        (format!(r#"{{"arguments":"{{\"url\":\"{url}\"}}"}}"#), 0),
        // The same bytes under two media types.
        (
            format!(
                r#"[{{"mimeType":"image/png","data":"{data}"}},{{"mimeType":"image/webp","data":"{data}"}}]"#
            ),
            2,
        ),
        (
            format!(r#"{}"{url}"{}"#, "[".repeat(250), "]".repeat(250)),
            1,
        ),
    ];
    let payloads: Vec<_> = cases.iter().map(|(payload, _)| payload.clone()).collect();
    let verdicts = app.append(&notes("c", &payloads), "native").await;
    assert!(
        verdicts.iter().all(|v| v.status == "stored"),
        "{verdicts:?}"
    );
    for (n, (payload, parts)) in cases.iter().enumerate() {
        // What the policy makes of it is another contract.
        let found: String = sqlx::query_scalar(
            "select concat_ws(' ', t.payload = p and t.payload::text = p::text and t.digest = transcript.digest(p),
               (select count(*) from transcript.attachments('c') a where a.seq = t.seq), t.parts)
             from transcript.timeline('c', $1, 1, inflate => true) t,
               transcript.redact(transcript.parse($2), transcript.builtin_policy('standard')) p",
        )
        .bind(n as i64)
        .bind(payload)
        .fetch_one(&mut app.connection)
        .await
        .expect("an event");
        assert_eq!(
            found,
            format!("t {parts} {parts}"),
            "{n}: {}",
            &payload[..payload.len().min(200)]
        );
    }
    let mut dba = db.superuser().await;
    assert_eq!(dba.texts(PROBLEMS).await, SOUND);
}

#[tokio::test]
async fn a_row_that_is_inserted_past_append_is_digested_and_text_in_it_redacted() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run(
        "insert into transcript.attachments (conversation_id, digest, recorded_at, tenant_id, content_bytes, media_type, content) values
           (gen_random_uuid(), 'd1', now(), 'acme', 1, 'text/plain', 'I am bob@example.org'),
           (gen_random_uuid(), 'd2', now(), 'acme', 1, 'image/png', '\\x89504e47ff')",
    )
    .await;
    let rows = dba.texts("select format('%s %s %s', digest = sha256(content), content_bytes = length(content), encode(content, 'escape')) from transcript.attachments order by media_type").await;
    assert_eq!(
        rows,
        [
            "(\"t t \\\\211PNG\\\\377\")",
            "(\"t t I am [redacted:email:15]\")"
        ]
    );
}

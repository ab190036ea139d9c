//! The extension's jsonb against the server's: what one reads and writes, the other does byte by byte.
//!
//! Set-based: every test loads texts into a temporary table and lists those for which something fails.

use tests::{Database, Session, corpus};

/// Every JSON text of the transcripts, with the items that rows keep as text.
fn corpus_texts() -> Vec<String> {
    let Some(folder) = corpus::transcripts() else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    for format in [
        "openai-agents-sqlalchemy-rows",
        "openai-chat-messages",
        "openai-agents-stream-events",
    ] {
        for conversation in corpus::conversations(&folder.join(format!("{format}.jsonl.zst"))) {
            for item in conversation.items {
                if format == "openai-agents-sqlalchemy-rows" {
                    texts.push(corpus::message_data(&item));
                }
                texts.push(item);
            }
        }
    }
    texts
}

/// Texts that a codec gets wrong. The server takes all of them.
fn nasty_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        // Scalars, empties, and nests of them.
        "null",
        "true",
        "false",
        r#""""#,
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        r#"{"":{}}"#,
        "[[],{},[[]],[{}],null]",
        r#"{"":""}"#,
        r#"{"":{"":{"":[]}}}"#,
        r#"{"a":{},"b":[],"c":{"d":{},"e":[[],[]]}}"#,
        " \t\r\n[ 1 , 2 ] \n",
        // Numbers: signs, scales, exponents, and where numeric changes from short to long.
        "0",
        "-0",
        "-0.0",
        "0.0",
        "0.0000",
        "1.10",
        "1.100",
        "-1.50",
        "1e0",
        "1E5",
        "1e-5",
        "1.5e3",
        "12.34e-10",
        "1e400",
        "-1e400",
        "1e-400",
        "123e-2",
        "100",
        "1000",
        "10000",
        "100000000",
        "9999",
        "99990000",
        "0.0001",
        "0.00001",
        "0.99999999",
        "1e60",
        "1000000000000000000000000000000000000000000000000000000000000",
        "1e63",
        "1e64",
        "1e255",
        "1e256",
        "1e260",
        "0e10",
        "0e-10",
        "0.000e5",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551616",
        "3.141592653589793238462643383279502884197",
        "1e131071",
        "0.1e-16382",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "5e-324",
        "0.000000000000000001",
        "1234567890123456789012345678901234567890.0987654321098765432109876543210",
        "1e+07",
        "10e-1",
        "0.10e1",
        "[0,-0,0.0,1.0,1.00,10,1e1,1E1,1e+1]",
        // Strings: every escape, the edges of UTF-8 and UTF-16, characters that only look special.
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u0001\u001f\u007f\u0080\u07ff\u0800\uffff""#,
        r#""\ud83d\ude00 \uD83D\uDE00""#,
        r#""\ud800\udc00\udbff\udfff""#,
        r#""\u2028\u2029\u00e9é😀""#,
        "\"\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\"",
        r#""\\u0000 \\ud83d""#,
        r#""⟦u00e9⟧ ⟦u""#,
        r#""\u27e6u ⟦ ⟧""#,
        "\"\u{feff}\"",
        r#""a\/b</script>""#,
        // Objects: order by length and then bytes, the last of equal keys wins.
        r#"{"b":1,"a":2,"aa":3,"":4,"B":5,"é":6,"ab":7}"#,
        r#"{"a":1,"a":2,"a":3}"#,
        r#"{"a":{"x":1},"b":0,"a":{"y":2}}"#,
        r#"{"\u0061":1,"a":2}"#,
        r#"{"aaa":1,"aa":2,"a":3,"aaa":4,"aa":5}"#,
        r#"{"é":1,"zz":2,"\u00e9":3}"#,
        r#"{"k":[],"k":{"k":[],"k":null}}"#,
        r#"{"a":"x","b":1.5,"c":"yy","d":2,"e":true,"f":null,"g":"zzz","h":[1.25]}"#,
        // Alignment: a number or a container behind strings of every length.
        r#"["",1,"a",1,"ab",1,"abc",1,"abcd",1,"abcde",[1],"abcdef",{"a":1},"abcdefg",[2.5]]"#,
        r#"{"a":1,"bb":[1],"ccc":{"d":1},"dddd":1.5,"eeeee":[[1]],"ffffff":{"":[]}}"#,
    ]
    .map(str::to_owned)
    .to_vec();
    // Depth, and the strides of 32 after which an entry holds an offset instead of a length.
    texts.push(format!("{}1{}", "[".repeat(200), "]".repeat(200)));
    texts.push(format!("{}{{}}{}", r#"{"k":"#.repeat(200), "}".repeat(200)));
    texts.push(format!(
        "{}0{}",
        r#"[{"a":"x","b":"#.repeat(100),
        "}]".repeat(100)
    ));
    for count in [31, 32, 33, 63, 64, 65, 97, 1000] {
        let numbers: Vec<String> = (0..count).map(|n| format!("{n}.50")).collect();
        let strings: Vec<String> = (0..count)
            .map(|n| format!(r#""{}""#, "s".repeat(n % 7)))
            .collect();
        let nulls = vec!["null"; count];
        let mixed: Vec<String> = (0..count)
            .map(|n| ["1", r#""ab""#, "[]", "null", r#"{"a":[0.5]}"#][n % 5].to_owned())
            .collect();
        let pairs: Vec<String> = (0..count)
            .map(|n| format!(r#""key{n}":{}"#, mixed[n]))
            .collect();
        let long_pairs: Vec<String> = (0..count)
            .map(|n| format!(r#""{}":{n}"#, "k".repeat(count - n)))
            .collect();
        texts.push(format!("[{}]", numbers.join(",")));
        texts.push(format!("[{}]", strings.join(",")));
        texts.push(format!("[{}]", nulls.join(",")));
        texts.push(format!("[{}]", mixed.join(",")));
        texts.push(format!("{{{}}}", pairs.join(",")));
        texts.push(format!("{{{}}}", long_pairs.join(",")));
        texts.push(format!(
            r#"{{"inner":[{}],"other":{{{}}}}}"#,
            mixed.join(","),
            pairs.join(",")
        ));
    }
    // Numbers of every length in base-10000 digits, and large strings.
    for digits in [3, 4, 5, 8, 9, 60, 61, 252, 253, 300, 5000] {
        texts.push(format!(
            "[{0},-{0},{0}.{0},0.{0},{0}0000]",
            "7".repeat(digits)
        ));
        texts.push(format!("1{}", "0".repeat(digits)));
        texts.push(format!("0.{}1", "0".repeat(digits)));
    }
    texts.push(format!(
        r#"{{"role":"tool","content":"{}"}}"#,
        "é😀 line\\n".repeat(20_000)
    ));
    texts.push(format!(
        r#"["{}",{{"n":[{}]}}]"#,
        "x".repeat(300_000),
        vec!["12345.678"; 20_000].join(",")
    ));
    // Something to redact, in every place where redaction looks.
    texts.extend(
        [
            r#"{"authorization":"Bearer abcdefghijklmnopqrstuvwxyz0123456789","total_tokens":12}"#,
            r#"{"arguments":"{\"password\": \"hunter2hunter2\", \"n\": 1.50}","to":["ada@example.com","bob@example.org"]}"#,
            r#"["postgres://u:secret-word@db.example.com/x","4111 1111 1111 1111",{"ada@example.com":{"a":1,"b":[1,2]}}]"#,
            r#""AKIAIOSFODNN7EXAMPLE and ada@example.com""#,
            r#"{"a@example.com":1,"b@example.com":2,"cc@example.com":3,"api_key":{"x":[1,{"y":2}]},"z":-0.0}"#,
        ]
        .map(str::to_owned),
    );
    texts
}

/// Texts that are JSON, that the server refuses and `parse` takes, and how it prints them.
fn more_than_the_server_takes() -> Vec<(String, String)> {
    let same = |text: &str, printed: &str| (text.to_owned(), printed.to_owned());
    vec![
        same(r#""\u0000""#, r#""⟦u0000⟧""#),
        same(r#"{"\u0000":"a\u0000b"}"#, r#"{"⟦u0000⟧": "a⟦u0000⟧b"}"#),
        same(r#""\ud83d""#, r#""⟦ud83d⟧""#),
        same(r#""\ude00\ud83d""#, r#""⟦ude00⟧⟦ud83d⟧""#),
        same(r#""\ud83d\ud83d\ude00""#, r#""⟦ud83d⟧😀""#),
        same(r#""\uD83Dx\u0041""#, r#""⟦ud83d⟧xA""#),
        same(r#"["\udfff\\u0000"]"#, r#"["⟦udfff⟧\\u0000"]"#),
    ]
}

/// Numbers beyond numeric, which the server refuses: their spelling is kept as a string.
fn numbers_beyond_numeric() -> Vec<(String, String)> {
    let long = format!("1{}", "0".repeat(140_000));
    let quoted = |text: &str| (text.to_owned(), format!("\"{text}\""));
    vec![
        quoted("1e131072"),
        quoted("-1E+999999"),
        quoted("1e-99999"),
        quoted(&long),
        (
            r#"{"n":[1e2147483648,1]}"#.into(),
            r#"{"n": ["1e2147483648", 1]}"#.into(),
        ),
    ]
}

const NOT_JSON: &[&str] = &[
    "",
    " ",
    "{",
    "[",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1][2]",
    "1 2",
    "{}{}",
    "01",
    "-01",
    "1.",
    ".5",
    "+1",
    "-",
    "--1",
    "1e",
    "1e+",
    "0x10",
    "nul",
    "nulll",
    "True",
    "NaN",
    "Infinity",
    "'a'",
    "\"a",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\n\"",
    "\"\u{1}\"",
    "\"\t\"",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{1:1}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "]",
    "}",
    "[}",
    "/*c*/1",
    "1//c",
    "\u{a0}1",
    "\"\\\"",
    "tru e",
    "[1]]",
    "\u{0c}1",
    "\"a\"b",
    "- 1",
    "1 e5",
    "\"\\ud83d\\u12\"",
];

/// Loads texts into the temporary table `item` (n, t).
async fn load(dba: &mut Session, texts: &[String]) {
    dba.run(
        "create temporary table item (n bigint generated always as identity, t text not null);
         -- The server's answer, or null where it refuses.
         create function pg_temp.served(t text) returns jsonb language plpgsql as
         $$ begin return t::jsonb; exception when others then return null; end $$;
         -- Two datums are the same bytes.
         create function pg_temp.same(a jsonb, b jsonb) returns boolean language sql as
         $$ select record_image_eq(row(a), row(b)) $$",
    )
    .await;
    for chunk in texts.chunks(500) {
        sqlx::query("insert into item (t) select unnest($1::text[])")
            .bind(chunk)
            .execute(&mut dba.connection)
            .await
            .expect("texts are loaded");
    }
    dba.run("analyze item").await;
}

async fn loaded(texts: &[String]) -> (Database, Session) {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    load(&mut dba, texts).await;
    (db, dba)
}

fn all_texts() -> Vec<String> {
    let mut texts = nasty_texts();
    texts.extend(
        more_than_the_server_takes()
            .into_iter()
            .map(|(text, _)| text),
    );
    texts.extend(numbers_beyond_numeric().into_iter().map(|(text, _)| text));
    texts.extend(corpus_texts());
    texts
}

/// `problem` is SQL over `item` that names what is wrong, or gives null.
async fn assert_none(dba: &mut Session, from: &str, problem: &str) {
    let sql = format!(
        "select format('%s: %s: %s', n, problem, left(t, 100)) from (select n, t, {problem} as problem from {from}) x where problem is not null order by n limit 20"
    );
    let found = dba.texts(&sql).await;
    assert!(found.is_empty(), "{found:#?}");
}

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
async fn parse_takes_all_json_and_nothing_else() {
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
        let ours = sqlx::query("select transcript.parse($1)")
            .bind(text)
            .execute(&mut dba.connection)
            .await;
        let error = ours.expect_err(text);
        assert_eq!(tests::sqlstate(&error), "TR001", "{text:?}: {error}");
    }
    // But for a byte order mark, which files begin with.
    let marked: String = sqlx::query_scalar("select transcript.parse($1)::text")
        .bind("\u{feff}[1]")
        .fetch_one(&mut dba.connection)
        .await
        .expect("parse skips it");
    assert_eq!(marked, "[1]");
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    let error = sqlx::query("select transcript.parse($1)")
        .bind(&deep)
        .execute(&mut dba.connection)
        .await;
    assert_eq!(tests::sqlstate(&error.expect_err("300 levels")), "TR002");
}

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
            "(select n, t, p, transcript.cap(p, {max}) as c, pg_column_size(p::text::jsonb) as size
              from (select n, t, transcript.parse(t) as p from item offset 0) i offset 0) j"
        );
        assert_none(
            &mut dba,
            &capped,
            &format!(
                "case when pg_column_size(c::text::jsonb) > {max} then 'is over the limit'
                   when not pg_temp.same(c::text::jsonb, c) then 'is not the server''s form'
                   when size <= {max} and not pg_temp.same(c, p) then 'was cut for nothing'
                   when size > {max} and jsonb_path_query_first(c, 'strict $.**.\"$capped\"')
                     <> jsonb_build_object('bytes', size, 'sha256', encode(sha256(convert_to(p::text, 'UTF8')), 'hex')) then 'has a wrong mark'
                   when size > {max} and jsonb_path_query_first(c, 'strict $.**.\"$capped\"') is null then 'has no mark'
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

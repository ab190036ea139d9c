//! No unredacted value reaches storage, whatever the path; and none is written where the extension
//! that redacts is missing.

use sqlx::Row;
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::{Database, Session};

/// Fake secrets, each used in one place only, so that a leak names its path. All carry one mark,
/// and are put together here so that no scanner takes this file for a leak.
struct Fakes {
    mark: String,
    made: Vec<(String, String)>,
}

impl Fakes {
    fn new() -> Fakes {
        let time = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("a clock");
        // Letters and digits mixed, as in real tokens.
        Fakes {
            mark: format!("qZ{:x}{:x}", time.as_nanos() as u64, std::process::id()),
            made: Vec::new(),
        }
    }

    /// A token that the vendor-token detector knows.
    fn token(&mut self, place: &str) -> String {
        let number = self.made.len();
        let body = format!("{}K{number:03}aB7cD9eF1gH3jK5mN7pQ9", self.mark);
        let secret = format!("{}{}", ["gh", "p_"].concat(), &body[..36]);
        self.made
            .push((place.to_owned(), body[..body.len().min(24)].to_owned()));
        secret
    }

    /// What only its member's name gives away.
    fn password(&mut self, place: &str) -> String {
        let secret = format!("{}P{:03}", self.mark, self.made.len());
        self.made.push((place.to_owned(), secret.clone()));
        secret
    }

    /// Which places a text gives away.
    fn leaks<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let places = self
            .made
            .iter()
            .filter(|(_, secret)| text.contains(secret.as_str()));
        places.map(|(place, _)| place.as_str())
    }
}

/// Every text, jsonb, bytea and name column of every table, as text.
async fn scan(dba: &mut Session, fakes: &Fakes) -> Vec<String> {
    let columns = dba
        .rows(
            "select c.relname::text, a.attname::text, a.atttypid::regtype::text
             from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'transcript'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped",
        )
        .await;
    assert!(columns.len() > 200, "{} columns", columns.len());
    let mut leaks = Vec::new();
    for column in columns {
        let (table, name, kind): (String, String, String) =
            (column.get(0), column.get(1), column.get(2));
        let value = if kind == "bytea" {
            format!("encode({name}, 'escape')")
        } else {
            format!("{name}::text")
        };
        let found = dba
            .rows(&format!(
                "select {value} from transcript.{table} where {value} like '%{}%'",
                fakes.mark
            ))
            .await;
        for row in found {
            let text: String = row.get(0);
            let places: Vec<_> = fakes.leaks(&text).collect();
            leaks.push(format!("{table}.{name}: planted as {places:?}"));
        }
    }
    leaks
}

/// Names of the files under a directory that contain a text; `None`, said aloud, where unreadable.
fn files_with(directory: &Path, text: &str) -> Option<Vec<String>> {
    if std::fs::read_dir(directory).is_err() {
        eprintln!("UNREADABLE: {}: not searched", directory.display());
        return None;
    }
    let out = Command::new("grep")
        .args(["-rlaF", text])
        .arg(directory)
        .output()
        .expect("grep runs");
    Some(
        String::from_utf8_lossy(&out.stdout)
            .lines()
            .map(str::to_owned)
            .collect(),
    )
}

async fn data_directory(dba: &mut Session) -> PathBuf {
    PathBuf::from(dba.text("select current_setting('data_directory')").await)
}

fn stored(verdicts: &[tests::Verdict]) {
    for verdict in verdicts {
        assert_eq!(verdict.status, "stored", "{verdict:?}");
    }
}

/// `text` as the inside of a JSON string.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("JSON")
}

#[tokio::test]
async fn no_planted_secret_is_stored_by_any_path() {
    let db = Database::migrated().await;
    let mut f = Fakes::new();
    let mut app = db.app("acme").await;
    let mut dba = db.superuser().await;

    // append, native: every member that a caller fills.
    let large = "all work and no play ".repeat(3_000);
    let huge = "makes the log a dull read ".repeat(60_000);
    let batch = format!(
        r#"{{"conversation":"conv {}","title":"about {}","metadata":{{"deep":[{{"password":"{}"}}],"note":"{}"}},
            "agent":"agent {}","model":"model {}","run":"run {}","source":"file {}","items":[
            {{"key":"1 {}","kind":"kind {}","role":"role {}","tool_name":"tool {}","tool_call_id":"call {}",
              "payload":{{"content":"visible marker text {}","Authorization":"Bearer {}","list":[[["{}"]]],"{}":1,
                "env":"export DB_PASSWORD={}\n","url":"https://user:{}@host/x?access_token={}"}}}},
            {{"key":"2","kind":"note","payload":{{"log":"{large}","tail":"{}","password":"{}"}}}},
            {{"key":"3","kind":"note","payload":{{"log":"{huge}","tail":"{}"}}}},
            {{"key":"4","kind":"note","payload":"{}"}}]}}"#,
        f.token("conversation"),
        f.token("title"),
        f.password("metadata key"),
        f.token("metadata text"),
        f.token("agent"),
        f.token("model"),
        f.token("run"),
        f.token("source"),
        f.token("key"),
        f.token("kind"),
        f.token("role"),
        f.token("tool_name"),
        f.token("tool_call_id"),
        f.token("content"),
        f.password("header"),
        f.token("array"),
        f.token("member name"),
        f.password("assignment"),
        f.password("URL"),
        f.token("query"),
        f.token("large payload"),
        f.password("large payload, key"),
        f.token("huge payload"),
        f.token("scalar"),
    );
    stored(&app.append(&batch, "native").await);
    // …and with another usage, so that the run is updated.
    let again = format!(
        r#"{{"conversation":"c2","run":"r","items":[
            {{"id":"i1","type":"response.completed","response":{{"status":"failed","error":{{"message":"{}"}},"usage":{{"input_tokens":1,"note":"{}"}}}}}}]}}"#,
        f.token("response error"),
        f.token("usage"),
    );
    app.append(&again, "openai-agents").await;

    // openai-chat: user text, arguments with JSON within JSON, tool output, content parts.
    let arguments = quoted(&format!(
        r#"{{"cmd":"curl -H 'Authorization: Bearer {}'","body":{}}}"#,
        f.password("argument header"),
        quoted(&format!(
            r#"{{"password":"{}","inner":["{}"]}}"#,
            f.password("nested key"),
            f.token("nested text")
        )),
    ));
    let chat = format!(
        r#"{{"conversation":"c3","run":"r","items":[
            {{"role":"user","name":"{}","content":"my token is {}"}},
            {{"role":"assistant","content":null,"tool_calls":[{{"id":"call_1","type":"function","function":{{"name":"sh","arguments":{arguments}}}}}]}},
            {{"role":"tool","tool_call_id":"call_1","content":"AWS_SECRET_ACCESS_KEY={}\n{}"}},
            {{"role":"user","content":[{{"type":"text","text":"and {}"}}]}}]}}"#,
        f.token("chat name"),
        f.token("chat content"),
        f.password("tool output assignment"),
        f.token("tool output"),
        f.token("content part"),
    );
    stored(&app.append(&chat, "openai-chat").await);

    let agents = format!(
        r#"{{"conversation":"c4","run":"r","items":[
            {{"type":"message","id":"m1","role":"user","content":[{{"type":"input_text","text":"{}"}}]}},
            {{"type":"function_call","id":"f1","call_id":"c1","name":"login","arguments":{}}},
            {{"type":"function_call_output","call_id":"c1","output":{}}},
            {{"type":"reasoning","id":"r1","summary":[{{"type":"summary_text","text":"the key is {}"}}]}},
            {{"type":"something_new","id":"n1","{}":{{"deep":"{}"}}}}]}}"#,
        f.token("input_text"),
        quoted(&format!(
            r#"{{"user":"x","password":"{}"}}"#,
            f.password("arguments")
        )),
        quoted(&format!(
            r#"{{"session":{{"access_token":"{}"}},"text":"{}"}}"#,
            f.password("output key"),
            f.token("output")
        )),
        f.token("reasoning"),
        f.token("unknown member"),
        f.token("unknown item"),
    );
    stored(&app.append(&agents, "openai-agents").await);
    // The SDK's rows carry the item as text.
    let row = quoted(&format!(
        r#"{{"type":"function_call","call_id":"c9","name":"x","arguments":{}}}"#,
        quoted(&format!(
            r#"{{"password":"{}"}}"#,
            f.password("message_data")
        ))
    ));
    stored(
        &app.append(
            &format!(
                r#"[{{"id":1,"session_id":"s {}","message_data":{row}}}]"#,
                f.token("session_id")
            ),
            "openai-agents",
        )
        .await,
    );

    // Rejected: as items, as lines, with every column filled.
    let rejected = format!(
        r#"{{"conversation":"c5 {}","source":"s {}","items":[
            {{"kind":"note","payload":{{"password":"{}","text":"{}"}}}},
            {{"key":"x","kind":7,"payload":"{}"}},
            {{"key":"y","kind":"note","payload":1,"{}":1}},
            "{}", {{"key":"t","kind":"note","occurred_at":"{}","payload":1}}]}}"#,
        f.token("rejected conversation"),
        f.token("rejected source"),
        f.password("rejected key"),
        f.token("rejected text"),
        f.token("rejected scalar payload"),
        f.token("rejected member name"),
        f.token("rejected string"),
        f.token("rejected time"),
    );
    assert!(
        app.append(&rejected, "native")
            .await
            .iter()
            .all(|v| v.status == "rejected")
    );
    let broken_row = format!(
        r#"[{{"id":2,"session_id":"s","message_data":"not JSON, but password={} {}"}}]"#,
        f.password("rejected message_data"),
        f.token("rejected message_data text")
    );
    assert_eq!(
        app.append(&broken_row, "openai-agents").await[0].status,
        "rejected"
    );
    sqlx::query("select transcript.reject($1, 7, $2, $3, $4)")
        .bind(format!("file {}", f.token("reject source")))
        .bind(format!("format {}", f.token("reject format")))
        .bind(format!("reason {}", f.token("reject reason")))
        .bind(format!(
            "{{\"password\": \"{}\", broken {}",
            f.password("reject raw key"),
            f.token("reject raw")
        ))
        .execute(&mut app.connection)
        .await
        .expect("a line is rejected");

    // Past append: whoever may write the tables.
    let leaf = dba.text("select leaf from transcript.partitions where parent = 'events' and now() >= lower_bound and now() < upper_bound").await;
    let blob_leaf = leaf.replace("events", "blobs");
    let insert = |table: &str, seq: i32, f: &mut Fakes, what: &str| {
        let mut fake = |column: &str| f.token(&format!("{what} {column}"));
        format!(
            "insert into transcript.{table} (conversation_id, seq, recorded_at, event_key, tenant_id, kind, role, agent, model, tool_name, tool_call_id, payload, text, payload_bytes, digest, policy_version)
             values (transcript.conversation_id('acme', 'direct'), {seq}, date_trunc('day', now()), gen_random_uuid(), 'acme', '{}', '{}', '{}', '{}', '{}', '{}', '{{\"a\": [\"{}\"]}}', '{}', 0, '', 0)",
            fake("kind"), fake("role"), fake("agent"), fake("model"), fake("tool_name"), fake("tool_call_id"), fake("payload"), fake("text"),
        )
    };
    dba.run(&insert("events", 1, &mut f, "insert, parent"))
        .await;
    dba.run(&insert(&leaf, 2, &mut f, "insert, leaf")).await;
    for (seq, action) in [
        (1, "payload = excluded.payload"),
        (
            2,
            "payload = excluded.payload, text = excluded.text, agent = excluded.agent",
        ),
    ] {
        let upsert = insert("events", seq, &mut f, "upsert");
        dba.run(&format!(
            "{upsert} on conflict (conversation_id, seq, recorded_at) do update set {action}"
        ))
        .await;
    }
    for (table, seq) in [("events", 1), (leaf.as_str(), 2)] {
        for column in [
            "kind",
            "role",
            "agent",
            "model",
            "tool_name",
            "tool_call_id",
            "text",
        ] {
            let update = format!(
                "update transcript.{table} set {column} = 'now {}' where seq = {seq} and conversation_id = transcript.conversation_id('acme', 'direct')",
                f.token(&format!("update {column}"))
            );
            dba.run(&update).await;
        }
        let update = format!(
            "update transcript.{table} set payload = '{{\"password\": \"{}\", \"b\": \"{}\"}}' where seq = {seq} and conversation_id = transcript.conversation_id('acme', 'direct')",
            f.password("update payload key"),
            f.token("update payload")
        );
        dba.run(&update).await;
    }
    for statement in [
        format!(
            "insert into transcript.blobs (conversation_id, digest, recorded_at, tenant_id, payload_bytes, truncated, payload) values (gen_random_uuid(), 'd1', now(), 'acme', 1, false, '\"{}\"')",
            f.token("blob")
        ),
        format!(
            "insert into transcript.{blob_leaf} (conversation_id, digest, recorded_at, tenant_id, payload_bytes, truncated, payload) values (gen_random_uuid(), 'd2', now(), 'acme', 1, false, '{{\"password\":\"{}\"}}')",
            f.password("blob, leaf")
        ),
        format!(
            "update transcript.blobs set payload = '{{\"x\":\"{}\"}}' where digest = 'd1'",
            f.token("blob update")
        ),
        format!(
            "update transcript.conversations set title = '{}', agent = '{}', external_id = external_id || '{}', metadata = '{{\"password\":\"{}\"}}' where external_id = 'c3'",
            f.token("title update"),
            f.token("agent update"),
            f.token("external update"),
            f.password("metadata update")
        ),
        format!(
            "update transcript.runs set error = '{}', status = '{}', provider = '{}', model = '{}', usage = '{{\"token\":\"{}\"}}'",
            f.token("run error"),
            f.token("run status"),
            f.token("run provider"),
            f.token("run model"),
            f.password("run usage")
        ),
        format!(
            "insert into transcript.rejected (tenant_id, rejected_id, reason, raw, source, conversation, format) values ('acme', gen_random_uuid(), '{}', '{}', '{}', '{}', '{}')",
            f.token("dead reason"),
            f.token("dead raw"),
            f.token("dead source"),
            f.token("dead conversation"),
            f.token("dead format")
        ),
        format!(
            "update transcript.rejected set reason = '{}', raw = '{}', format = '{}'",
            f.token("dead reason update"),
            f.token("dead raw update"),
            f.token("dead format update")
        ),
    ] {
        dba.run(&statement).await;
    }

    // COPY, and replication's way round ordinary triggers.
    for (seq, replica) in [(10, false), (11, true)] {
        dba.run(&format!(
            "set session_replication_role = {}",
            if replica { "replica" } else { "origin" }
        ))
        .await;
        let line = format!(
            "11111111-1111-4111-8111-111111111111\t{seq}\t2{seq}11111-1111-4111-8111-111111111111\tacme\tnote\t{{\"a\":\"{}\",\"password\":\"{}\"}}\tt {}\t0\t\\\\x\t0\n",
            f.token("copy"),
            f.password("copy key"),
            f.token("copy text")
        );
        for table in ["events", leaf.as_str()] {
            let statement = format!(
                "copy transcript.{table} (conversation_id, seq, event_key, tenant_id, kind, payload, text, payload_bytes, digest, policy_version) from stdin"
            );
            let mut copy = dba
                .connection
                .copy_in_raw(&statement)
                .await
                .expect("COPY begins");
            copy.send(line.as_bytes().to_vec())
                .await
                .expect("COPY takes a line");
            assert_eq!(copy.finish().await.expect("COPY ends"), 1);
        }
    }
    dba.run(&insert("events", 3, &mut f, "replica, parent"))
        .await;
    dba.run(&insert(&leaf, 4, &mut f, "replica, leaf")).await;
    dba.run(&format!(
        "update transcript.events set payload = '\"{}\"', text = '{}' where seq = 3",
        f.token("replica update"),
        f.token("replica text")
    ))
    .await;
    dba.run(&format!(
        "update transcript.conversations set title = '{}'",
        f.token("replica title")
    ))
    .await;
    dba.run("set session_replication_role = origin").await;

    // A leaf made later is no gap.
    dba.run(
        "select transcript.create_leaf('events', 'events_later', '2020-01-01Z', '2020-01-08Z')",
    )
    .await;
    dba.run(
        &insert("events_later", 5, &mut f, "later leaf")
            .replace("date_trunc('day', now())", "'2020-01-02Z'"),
    )
    .await;

    assert!(f.made.len() > 120, "{} fakes", f.made.len());
    let seen = dba
        .text("select string_agg(payload::text, ' ') from transcript.events")
        .await;
    assert!(
        seen.contains("visible marker text"),
        "the rest of a payload stays"
    );
    assert!(dba.number("select count(*) from transcript.blobs").await >= 4);
    assert!(dba.number("select count(*) from transcript.rejected").await >= 8);
    assert!(
        dba.number("select count(*) from transcript.audit_log where action = 'redact'")
            .await
            > 10
    );
    let leaks = scan(&mut dba, &f).await;
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );

    // What the reading functions give.
    for function in [
        "timeline('direct', inflate => true)",
        "messages('c3')",
        "timeline('c4')",
    ] {
        let text = app
            .text(&format!(
                "select string_agg(t::text, ' ') from transcript.{function} t"
            ))
            .await;
        assert!(!text.is_empty() && !text.contains(&f.mark), "{function}");
    }
}

#[tokio::test]
async fn the_scan_finds_what_is_not_redacted() {
    let db = Database::migrated().await;
    let mut f = Fakes::new();
    let mut dba = db.superuser().await;
    dba.run("alter table transcript.conversations disable trigger all")
        .await;
    let secret = f.token("title");
    dba.run(&format!("insert into transcript.conversations (conversation_id, tenant_id, external_id, title) values (gen_random_uuid(), 'acme', 'c', '{secret}')")).await;
    assert_eq!(
        scan(&mut dba, &f).await,
        ["conversations.title: planted as [\"title\"]"]
    );
}

#[tokio::test]
async fn neither_the_wal_nor_the_tables_files_carry_a_planted_secret() {
    let db = Database::migrated().await;
    let mut f = Fakes::new();
    let mut app = db.app("acme").await;
    let mut dba = db.superuser().await;
    let open = f.mark.replace('q', "open");
    // The control: what is no secret must be found in the same files.
    let batch = format!(
        r#"{{"conversation":"c {}","title":"{open} {}","items":[
            {{"key":"a","kind":"note","payload":{{"open":"{open}","password":"{}","text":"it is {}"}}}},
            {{"key":"b","kind":"note","payload":{{"log":"{}{}"}}}},
            {{"kind":"note","payload":"{open} {}"}}]}}"#,
        f.token("conversation"),
        f.token("title"),
        f.password("key"),
        f.token("text"),
        "some words ".repeat(9_000),
        f.token("blob"),
        f.token("rejected"),
    );
    app.append(&batch, "native").await;
    dba.run("checkpoint").await;
    let data = data_directory(&mut dba).await;
    let oid = dba
        .text("select oid from pg_database where datname = current_database()")
        .await;
    for place in [data.join("pg_wal"), data.join("base").join(&oid)] {
        let Some(control) = files_with(&place, &open) else {
            return;
        };
        assert!(
            !control.is_empty(),
            "{} has not even the open text",
            place.display()
        );
        let found = files_with(&place, &f.mark).unwrap_or_default();
        assert!(found.is_empty(), "planted bytes in {found:?}");
    }
}

#[tokio::test]
async fn errors_carry_their_own_state_and_no_content() {
    let db = Database::migrated().await;
    let canary = format!("kanarie{:x}", std::process::id());
    let mut app = db.app("acme").await;
    let mut dba = db.superuser().await;
    let c = &canary;
    let spaced = format!("{c} is content");
    let before = dba.number("select count(*) from transcript.events").await;
    // Statement, what is bound to $1, the state.
    let failing = [
        (
            "select * from transcript.append(transcript.parse($1))",
            format!("{{{c}"),
            "TR001",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!("\"{c}\""),
            "TR010",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!(r#"{{"conversation":"{c}"}}"#),
            "TR010",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!(r#"{{"conversation":"c","items":"{c}"}}"#),
            "TR010",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!(r#"{{"conversation":"c","{spaced}":1,"items":[]}}"#),
            "TR010",
        ),
        (
            "select * from transcript.append(transcript.parse($1))",
            format!(r#"{{"conversation":["{c}"],"items":[]}}"#),
            "TR010",
        ),
        (
            "select * from transcript.append('[]', $1)",
            spaced.clone(),
            "TR011",
        ),
        (
            "select transcript.builtin_policy($1)",
            spaced.clone(),
            "TR022",
        ),
        (
            "select transcript.redact('1', transcript.parse($1))",
            format!(r#"{{"version":1,"detectors":["{c}"]}}"#),
            "TR021",
        ),
        (
            "select transcript.redact('1', transcript.parse($1))",
            format!(r#"{{"version":1,"keys":[["{c}"]]}}"#),
            "TR021",
        ),
        (
            "select transcript.redact('1', transcript.parse($1))",
            format!(r#"{{"version":1,"extends":"{c}"}}"#),
            "TR021",
        ),
        (
            "select transcript.parse($1)",
            format!("[{}\"{c}\"{}]", "[".repeat(300), "]".repeat(300)),
            "TR002",
        ),
        (
            "select transcript.cap(transcript.parse($1), 0)",
            format!("\"{c}\""),
            "TR020",
        ),
    ];
    for (statement, bound, state) in failing {
        let outcome = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
            .bind(bound)
            .fetch_all(&mut app.connection)
            .await;
        let error = outcome.expect_err(statement);
        assert_eq!(tests::sqlstate(&error), state, "{statement}: {error}");
        // All fields: message, detail, hint, context…
        let all = format!("{error:?}");
        assert!(!all.contains(c.as_str()), "{statement}: {all}");
    }
    assert_eq!(
        dba.number("select count(*) from transcript.events").await,
        before
    );

    // Rows that a constraint refuses are shown redacted in the DETAIL of the server itself.
    let mut f = Fakes::new();
    for (columns, values) in [
        ("kind, payload", format!("'', '\"{}\"'", f.token("check"))),
        (
            "kind, payload, text",
            format!(
                "'', '{{\"password\":\"{}\"}}', '{}'",
                f.password("check key"),
                f.token("check text")
            ),
        ),
        ("kind, agent", format!("'note', '{}'", f.token("not null"))),
    ] {
        let error = dba
            .try_run(&format!("insert into transcript.events (conversation_id, seq, event_key, tenant_id, {columns}, payload_bytes, digest, policy_version) values (gen_random_uuid(), 1, gen_random_uuid(), 'acme', {values}, 0, '', 0)"))
            .await
            .expect_err("refused");
        assert!(!format!("{error:?}").contains(&f.mark), "{error:?}");
    }

    // The server's log has the messages, and none of what was bound.
    let log = data_directory(&mut dba).await.join("../log");
    match std::fs::read(&log) {
        Ok(bytes) => {
            let log = String::from_utf8_lossy(&bytes);
            assert!(log.contains("format of "), "the log has the messages");
            assert!(
                !log.contains(c.as_str()),
                "the canary is in the server's log"
            );
        }
        Err(error) => eprintln!("UNREADABLE: {}: {error}", log.display()),
    }
}

const PROTECTED: [&str; 5] = ["events", "blobs", "conversations", "runs", "rejected"];

async fn contents(dba: &mut Session) -> Vec<String> {
    let mut all = Vec::new();
    for table in PROTECTED {
        all.push(dba.text(&format!("select '{table} ' || count(*) || ' ' || md5(string_agg(t::text, '|' order by t::text)) from transcript.{table} t")).await);
    }
    all
}

/// Statements that would write a row by every way there is; their errors.
async fn writes(dba: &mut Session, leaves: &[String]) -> Vec<(String, String)> {
    let event = |table: &str| {
        format!("insert into transcript.{table} (conversation_id, seq, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version, recorded_at)
                 select gen_random_uuid(), 1, gen_random_uuid(), 'acme', 'note', '1', 0, '', 0, lower_bound from transcript.partitions where leaf in ('{table}', 'events_old') order by leaf <> '{table}' limit 1")
    };
    let mut statements = vec![
        "insert into transcript.events select (jsonb_populate_record(e, jsonb_build_object('seq', e.seq + 1000, 'event_key', gen_random_uuid()))).* from transcript.events e".to_owned(),
        "update transcript.events set payload = '1'".to_owned(),
        "update transcript.events set text = 'x'".to_owned(),
        "insert into transcript.blobs select (jsonb_populate_record(b, '{\"digest\": \"\\\\x00\"}')).* from transcript.blobs b".to_owned(),
        "update transcript.blobs set payload = '1'".to_owned(),
        "insert into transcript.conversations (conversation_id, tenant_id, external_id) values (gen_random_uuid(), 'acme', 'x')".to_owned(),
        "update transcript.conversations set title = 'x'".to_owned(),
        "insert into transcript.runs (conversation_id, run_id, tenant_id, external_id) values (gen_random_uuid(), gen_random_uuid(), 'acme', 'x')".to_owned(),
        "update transcript.runs set error = 'x'".to_owned(),
        "insert into transcript.rejected (tenant_id, rejected_id, reason) values ('acme', gen_random_uuid(), 'x')".to_owned(),
        "update transcript.rejected set raw = 'x'".to_owned(),
        event("events"),
    ];
    statements.extend(leaves.iter().map(|leaf| event(leaf)));
    let mut outcomes = Vec::new();
    for statement in statements {
        for role in ["origin", "replica"] {
            dba.run(&format!(
                "begin; set local session_replication_role = {role}"
            ))
            .await;
            let state = dba
                .try_run(&statement)
                .await
                .err()
                .map_or("written".to_owned(), |e| {
                    let hint = e
                        .as_database_error()
                        .and_then(|d| d.try_downcast_ref::<sqlx::postgres::PgDatabaseError>())
                        .and_then(|d| d.hint());
                    assert!(hint.is_some(), "{statement}: {e}");
                    tests::sqlstate(&e)
                });
            dba.run("rollback").await;
            outcomes.push((statement.clone(), state));
        }
    }
    outcomes
}

#[tokio::test]
async fn without_the_extension_every_row_stays_and_none_is_written() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("select transcript.create_leaf(p, p || '_old', '2020-01-01Z', '2020-01-08Z') from unnest(array['events', 'blobs']::name[]) p").await;
    let batch = |key: &str| {
        format!(
            r#"{{"conversation":"c","run":"r","items":[
            {{"key":"{key}1","kind":"message","role":"user","payload":{{"content":"hi","password":"x8-{key}"}}}},
            {{"key":"{key}2","kind":"note","payload":{{"log":"{}"}}}},{{"kind":"note"}}]}}"#,
            "words of it ".repeat(9_000)
        )
    };
    let mut app = db.app("acme").await;
    assert_eq!(app.append(&batch("a"), "native").await[1].status, "stored");
    let leaves: Vec<String> = dba
        .texts("select leaf from transcript.partitions where parent = 'events'")
        .await
        .iter()
        .map(|leaf| leaf.trim_matches(['(', ')']).to_owned())
        .collect();
    assert!(leaves.len() >= 6);
    let before = contents(&mut dba).await;

    // One by one, so that each is known to write: with the extension all of them do.
    for (statement, state) in writes(&mut dba, &leaves).await {
        assert_eq!(state, "written", "{statement}");
    }
    assert_eq!(contents(&mut dba).await, before);

    dba.run("drop extension pg_transcript cascade").await;
    assert_eq!(contents(&mut dba).await, before, "a row was lost");
    // Plain SELECT, as the application: the policies do without the extension.
    assert_eq!(
        app.number("select count(*) from transcript.events").await,
        2
    );
    assert_eq!(
        app.text("select payload ->> 'content' from transcript.events where seq = 1")
            .await,
        "hi"
    );
    for (statement, state) in writes(&mut dba, &leaves).await {
        assert_eq!(state, "TR030", "{statement}");
    }
    assert!(app.try_run(r#"select transcript.append('{"conversation":"c","items":[{"key":"z","kind":"note","payload":1}]}')"#).await.is_err());
    assert!(
        app.try_run("select transcript.reject('s', 1, 'native', 'r', 'raw')")
            .await
            .is_err()
    );
    assert_eq!(contents(&mut dba).await, before);

    // Made again, but nothing more: the triggers are still missing.
    dba.run("create extension pg_transcript schema transcript")
        .await;
    for (statement, state) in writes(&mut dba, &leaves).await {
        assert_eq!(state, "TR030", "{statement}");
    }
    let mut app = db.app("acme").await;
    assert_eq!(app.error(r#"select transcript.append('{"conversation":"c","items":[{"key":"z","kind":"note","payload":1}]}')"#).await.0, "TR030");
    assert_eq!(
        app.error("select transcript.reject('s', 1, 'native', 'r', 'raw')")
            .await
            .0,
        "TR030"
    );
    assert_eq!(
        app.number("select count(*) from transcript.timeline('c')")
            .await,
        2
    );
    assert_eq!(contents(&mut dba).await, before);

    let migrated = db.migrator(&["migrate"]);
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    let states = dba
        .texts(
            "select distinct format('%s %s %s', t.tgname, t.tgenabled, count(*) over (partition by t.tgname)) from pg_trigger t join pg_class c on c.oid = t.tgrelid
             where c.relnamespace = 'transcript'::regnamespace and t.tgname ~ '^events_' and not t.tgisinternal order by 1",
        )
        .await;
    let tables = leaves.len() + 1;
    assert_eq!(
        states,
        ["guard", "protect", "protect_labels"]
            .map(|name| format!("(\"events_{name} A {tables}\")"))
    );
    for (statement, state) in writes(&mut dba, &leaves).await {
        assert_eq!(state, "written", "{statement}");
    }
    let again: Vec<_> = app
        .append(&batch("a"), "native")
        .await
        .into_iter()
        .map(|v| v.status)
        .collect();
    assert_eq!(
        again,
        ["duplicate", "duplicate", "rejected"],
        "old rows are known again"
    );
    assert_eq!(app.append(&batch("b"), "native").await[0].seq, Some(3));
    assert_eq!(
        dba.number("select count(*) from transcript.events where payload::text like '%x8-%'")
            .await,
        0
    );
    assert!(
        db.migrator(&["migrate"]).status.success(),
        "a second time there is nothing to do"
    );
}

#[tokio::test]
async fn a_protecting_trigger_that_is_disabled_lets_nothing_through() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    dba.run("select transcript.create_leaf(p, p || '_old', '2020-01-01Z', '2020-01-08Z') from unnest(array['events', 'blobs']::name[]) p").await;
    let insert = |table: &str| {
        format!("insert into transcript.{table} (conversation_id, seq, event_key, tenant_id, kind, payload, payload_bytes, digest, policy_version, recorded_at)
        values (gen_random_uuid(), 1, gen_random_uuid(), 'acme', 'note', '1', 0, '', 0, '2020-01-02Z')")
    };
    for state in [
        "disable trigger",
        "enable replica trigger",
        "enable trigger",
    ] {
        dba.run(&format!(
            "alter table transcript.events {state} events_protect"
        ))
        .await;
        for role in ["origin", "replica"] {
            dba.run(&format!("set session_replication_role = {role}"))
                .await;
            for table in ["events", "events_old"] {
                assert_eq!(
                    dba.error(&insert(table)).await.0,
                    "TR030",
                    "{state}, {role}, {table}"
                );
            }
        }
        dba.run("set session_replication_role = origin").await;
    }
    // Of one leaf alone, and mended by the migrator.
    dba.run("alter table transcript.events enable always trigger events_protect; alter table transcript.events_old disable trigger events_protect").await;
    assert_eq!(dba.error(&insert("events")).await.0, "TR030");
    let migrated = db.migrator(&["migrate"]);
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    dba.run(&insert("events")).await;
    dba.run("alter table transcript.blobs disable trigger blobs_protect")
        .await;
    assert!(db.migrator(&["migrate"]).status.success());
    dba.run(&insert("events_old").replace("'1', 0", "to_jsonb(repeat('x y ', 9000)), 0"))
        .await;
    assert_eq!(
        dba.number("select count(*) from transcript.blobs_old")
            .await,
        1
    );
}

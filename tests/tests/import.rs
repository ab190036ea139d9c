//! `pg_transcript import`: any packing, unreadable lines, interruptions.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tests::{Database, code, stderr};

/// The totals over all formats: attempted, stored, duplicate, conflict, rejected, rejected lines.
fn totals(output: &Output) -> [u64; 6] {
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", stderr(output)));
    [
        "attempted",
        "stored",
        "duplicate",
        "conflict",
        "rejected",
        "rejected_lines",
    ]
    .map(|name| {
        report["total"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {report}"))
    })
}

fn conversation(id: &str, items: usize) -> String {
    let items: Vec<String> = (0..items)
        .map(|n| format!(r#"{{"role":"user","content":"message {n} \u0000 of {id}"}}"#))
        .collect();
    let items = items.join(",");
    format!(
        r#"{{"source":"test","format":"openai-chat-messages","conversation_id":"{id}","items":[{items}]}}"#
    )
}

/// A file that goes away with the value.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &[u8]) -> File {
        let path =
            std::env::temp_dir().join(format!("pg_transcript-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn binary(db: &Database) -> Command {
    let mut command = Command::new(std::env::var("PG_TRANSCRIPT_BIN").unwrap());
    command.env("DATABASE_URL", &db.url);
    command
}

/// Runs the binary with something on its standard input.
fn piped(db: &Database, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = binary(db)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[tokio::test]
async fn any_packing_is_the_same_import() {
    let db = Database::migrated().await;
    let text = format!(
        "{}\n\n{}\n",
        conversation("one", 3),
        conversation("two", 700)
    );
    let plain = File::new("plain.jsonl", text.as_bytes());
    let gz = File::new("packed.jsonl.gz", &gzipped(text.as_bytes()));
    let zst = File::new(
        "packed.jsonl.zst",
        &zstd::encode_all(text.as_bytes(), 3).unwrap(),
    );
    for (tenant, file) in [("plain", &plain), ("gz", &gz), ("zst", &zst)] {
        let output = db.migrator(&["import", "--json", "--tenant", tenant, file.path()]);
        assert_eq!(
            (code(&output), totals(&output)),
            (0, [703, 703, 0, 0, 0, 0]),
            "{}",
            stderr(&output)
        );
    }
    let output = piped(
        &db,
        &["import", "--json", "--tenant", "stdin", "-"],
        text.as_bytes(),
    );
    assert_eq!(
        (code(&output), totals(&output)),
        (0, [703, 703, 0, 0, 0, 0])
    );
    let again = db.migrator(&[
        "import",
        "--json",
        "--tenant",
        "gz",
        plain.path(),
        zst.path(),
    ]);
    assert_eq!(
        (code(&again), totals(&again)),
        (0, [1406, 0, 1406, 0, 0, 0])
    );

    let mut app = db.app("stdin").await;
    let order = "select count(*) from transcript.timeline('two') where seq = sequence + 1
        and payload ->> 'content' = format('message %s ⟦u0000⟧ of two', sequence)";
    assert_eq!(app.number(order).await, 700);
}

#[tokio::test]
async fn a_line_it_cannot_read_is_reported_kept_and_passed() {
    let db = Database::migrated().await;
    let secret = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let lines = [
        conversation("good", 2),
        format!("{{\"conversation_id\": \"cut\", \"token\": \"{secret}\", \"items\": ["),
        r#"{"format":"openai-chat","items":[]}"#.to_owned(),
        r#"{"format":"no-such-format","conversation_id":"x","items":[{"role":"user"}]}"#.to_owned(),
        r#"["not","an","object"]"#.to_owned(),
        r#"{"format":"openai-chat","conversation_id":"mixed","items":[{"role":"user","content":"x"},{"role":7},8]}"#.to_owned(),
        conversation("also good", 2),
    ];
    let file = File::new("bad.jsonl", lines.join("\n").as_bytes());
    let output = db.migrator(&["import", "--json", "--tenant", "acme", file.path()]);
    assert_eq!(code(&output), 7, "{}", stderr(&output));
    // The item of the unknown format never became an item.
    assert_eq!(totals(&output), [7, 5, 0, 0, 2, 4], "{}", stderr(&output));
    for line in [2, 3, 4, 5] {
        assert!(
            stderr(&output).contains(&format!("bad.jsonl:{line}:")),
            "{}",
            stderr(&output)
        );
    }
    assert!(!stderr(&output).contains(&secret), "{}", stderr(&output));

    let mut auditor = db.login("test_auditor").await;
    auditor.set_tenant("acme").await;
    let kept = auditor
        .texts("select line from transcript.rejected where line is not null order by line")
        .await;
    assert_eq!(kept, ["(2)", "(3)", "(4)", "(5)"]);
    assert_eq!(
        auditor
            .number("select count(*) from transcript.rejected")
            .await,
        6
    );
    let leaks = format!("select count(*) from transcript.rejected where raw like '%{secret}%'");
    assert_eq!(auditor.number(&leaks).await, 0);

    let again = db.migrator(&["import", "--json", "--tenant", "acme", file.path()]);
    assert_eq!(totals(&again), [7, 0, 5, 0, 2, 4]);
    assert_eq!(
        auditor
            .number("select count(*) from transcript.rejected")
            .await,
        6,
        "a retry is the same letter"
    );
}

#[tokio::test]
async fn killed_in_the_middle_it_goes_on_where_it_was() {
    let db = Database::migrated().await;
    let text: String = (0..400)
        .map(|n| conversation(&format!("c{n}"), 20) + "\n")
        .collect();
    let file = File::new("long.jsonl", text.as_bytes());
    let mut child = binary(&db)
        .args(["import", "--json", "--tenant", "acme", file.path()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut watch = db.superuser().await;
    while watch
        .number("select count(*) from transcript.conversations")
        .await
        < 40
    {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The server may still be at the batch whose client is gone.
    let busy = "select count(*) from pg_stat_activity where application_name = 'pg_transcript' and datname = current_database()";
    while watch.number(busy).await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let stored = watch.number("select count(*) from transcript.events").await as u64;
    assert!(stored < 8000, "killed too late to prove anything");
    let rest = db.migrator(&["import", "--json", "--tenant", "acme", file.path()]);
    assert_eq!(
        (code(&rest), totals(&rest)),
        (0, [8000, 8000 - stored, stored, 0, 0, 0])
    );
    let whole = "select count(*) from (select conversation_id from transcript.events
        group by 1 having count(*) = 20 and min(seq) = 1 and max(seq) = 20) as w";
    assert_eq!(watch.number(whole).await, 400);
}

#[tokio::test]
async fn changed_history_is_a_conflict_and_a_missing_tenant_an_error() {
    let db = Database::migrated().await;
    let file = File::new("first.jsonl", conversation("c", 3).as_bytes());
    assert_eq!(
        code(&db.migrator(&["import", "--tenant", "acme", file.path()])),
        0
    );
    let changed = File::new(
        "second.jsonl",
        conversation("c", 3)
            .replace("message 1", "message one")
            .as_bytes(),
    );
    let output = db.migrator(&["import", "--json", "--tenant", "acme", changed.path()]);
    assert_eq!(
        (code(&output), totals(&output)),
        (7, [3, 0, 2, 1, 0, 0]),
        "{}",
        stderr(&output)
    );

    for arguments in [
        &["import", file.path()][..],
        &["import", "--tenant", "", file.path()],
    ] {
        let output = db.migrator(arguments);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        assert!(stderr(&output).contains("tenant"), "{}", stderr(&output));
    }
    let absent = db.migrator(&["import", "--tenant", "acme", "no-such-file.jsonl"]);
    assert_eq!(code(&absent), 1);
    assert!(stderr(&absent).contains("no-such-file.jsonl"));
}

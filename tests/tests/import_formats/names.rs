//! A line names its format by name or alias, and `--format` names it for lines that do not.

use crate::imported::{Counts, counts};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use tests::{Database, code};

fn import(db: &Database, arguments: &[&str], line: &str) -> Output {
    let mut child = Command::new(std::env::var("PG_TRANSCRIPT_BIN").expect("the binary"))
        .env("DATABASE_URL", &db.url)
        .args(["import", "--json", "--tenant", "acme"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(line.as_bytes()).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}

#[tokio::test]
async fn every_name_and_alias_is_taken_on_a_line_and_on_the_command_line() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    // A prefix stands for whatever follows it.
    let known = "select distinct name || case when name like '%/' then 'some-chat' else '' end
        from transcript.formats() f, unnest(f.aliases || f.format) n (name)";
    let known = app.texts(known).await;
    let names: BTreeSet<&str> = known
        .iter()
        .map(|name| name.trim_matches(['(', ')']))
        .collect();
    assert!(names.len() > 40, "{names:?}");
    // One line that any format but the caller's own passes on.
    let items = r#""items":[{"__unparsed_line__":"}{"}]"#;
    let one = Counts {
        stored: 1,
        ..Counts::default()
    };
    for name in names.into_iter().filter(|name| *name != "native") {
        let line =
            format!(r#"{{"conversation_id":"on the line {name}","format":"{name}",{items}}}"#);
        assert_eq!(counts(&import(&db, &[], &line)), one, "{name}");
        let line = format!(r#"{{"conversation_id":"by option {name}",{items}}}"#);
        assert_eq!(
            counts(&import(&db, &["--format", name], &line)),
            one,
            "{name}"
        );
    }
    let kinds = "select distinct kind from transcript.events";
    assert_eq!(app.texts(kinds).await, ["(unparsed_line)"]);
    let line = format!(r#"{{"conversation_id":"c",{items}}}"#);
    let unknown = import(&db, &["--format", "no-such-format"], &line);
    assert_eq!(code(&unknown), 7);
}

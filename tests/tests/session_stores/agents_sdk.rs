//! The real OpenAI Agents SDK on attached tables: after every scene what its session holds is what the log
//! holds without what it says was removed, in order, and every result is joined to its call.
//!
//! The scenes are in tests/clients/agents_sdk.py, each a process of its own.

use crate::Store;
use std::io::Write;
use std::process::{Command, Stdio};

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/agents_sdk.py");

/// A scene that is being played.
struct Scene(std::process::Child);

/// What a scene left: the items that its sessions hold, a line each, and the state of a run that was interrupted.
struct Left {
    items: String,
    state: String,
}

fn begin(url: &str, scene: &str, sessions: &[&str], state: &str) -> Scene {
    let python = std::env::var("PG_TRANSCRIPT_AGENTS_SDK")
        .expect("PG_TRANSCRIPT_AGENTS_SDK is not set: run `make test`");
    let mut child = Command::new(python)
        .args([CLIENT, scene])
        .args(sessions)
        .env("DATABASE_URL", url)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(state.as_bytes())
        .expect("the state is read");
    Scene(child)
}

impl Scene {
    fn end(self) -> Left {
        let output = self.0.wait_with_output().expect("python ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        // The items stay text, for lone surrogates are not what serde takes.
        let said = String::from_utf8(output.stdout).expect("text");
        let (items, state) = said.trim_end().rsplit_once('\n').expect("two lines");
        let state: Option<String> = serde_json::from_str(state).expect("a string or null");
        Left {
            items: items.to_owned(),
            state: state.unwrap_or_default(),
        }
    }
}

/// The framework makes its tables itself, as its own login; then they are attached.
async fn stage() -> Store {
    let mut store = Store::made("grant create on schema public to test_stranger").await;
    begin(&store.db.url, "cleared", &["nobody"], "").end();
    store
        .dba
        .run("select transcript.attach('agent_messages', 'acme')")
        .await;
    store
}

impl Store {
    /// Plays a scene and compares.
    async fn play(&mut self, scene: &str, session: &str, state: &str) -> Left {
        let left = begin(&self.db.url, scene, &[session], state).end();
        self.compare(scene, session, &left.items).await;
        left
    }

    async fn compare(&mut self, scene: &str, session: &str, items: &str) {
        let problems: Vec<String> = sqlx::query_scalar(
            "with event as (
               select e.* from transcript.events e
               where e.conversation_id = transcript.conversation_id('acme', $1)
             ),
             removed as (
               select coalesce(range_agg(r), '{}') as rows
               from event e, unnest(transcript.removed_rows(e.payload)) r
               where e.kind in ('rewind', 'session_cleared', 'compaction', 'store_pruned') and e.sequence is null
             ),
             logged as (
               select row_number() over (order by e.occurred_at, e.sequence) as n, e.seq, e.kind, t.payload
               from event e
               join transcript.timeline($1, inflate => true) t using (seq)
               cross join removed
               where e.sequence is not null and not e.sequence <@ removed.rows
             ),
             held as (
               select n, transcript.redact(item, transcript.builtin_policy('standard')) as item
               from jsonb_array_elements(transcript.parse($2)) with ordinality i (item, n)
             )
             select format('item %s is %s, the log has %s', coalesce(h.n, l.n), left(h.item::text, 200), left(l.payload::text, 200))
             from held h full join logged l using (n) where h.item is distinct from l.payload
             union all
             select format('seq %s came before seq %s', l.seq, l.before)
             from (select *, lag(seq) over (order by n) as before from logged) l where l.before > l.seq
             union all
             select format('the result of call %s has no call, or was not joined to it', h.item ->> 'call_id')
             from held h
             where h.item ->> 'type' = 'function_call_output' and not exists (
               select from transcript.calls($1) c
               where c.tool_call_id = h.item ->> 'call_id' and c.called_seq < c.answered_seq)",
        )
        .bind(session)
        .bind(items)
        .fetch_all(&mut self.dba.connection)
        .await
        .expect("a comparison");
        assert!(problems.is_empty(), "{scene}, {session}: {problems:#?}");
        assert_eq!((self.lag().await, self.failures().await), (0, 0), "{scene}");
    }

    async fn kinds(&mut self, session: &str) -> String {
        self.dba
            .text(&format!(
                "select string_agg(kind || ' ' || n, ', ' order by kind) from (
                   select kind, count(*) as n from transcript.events
                   where conversation_id = transcript.conversation_id('acme', '{session}') group by kind) k"
            ))
            .await
    }
}

#[tokio::test]
async fn tools_parallel_calls_handoffs_mcp_and_streams() {
    let mut store = stage().await;
    // One conversation, over several processes.
    for scene in ["tools", "mcp", "streamed", "tools"] {
        store.play(scene, "one", "").await;
    }
    assert_eq!(
        store.kinds("one").await,
        "message 18, reasoning 2, tool_call 16, tool_result 16"
    );
    assert_eq!(
        store
            .dba
            .number("select count(*) from transcript.open_calls()")
            .await,
        0
    );
}

#[tokio::test]
async fn approvals_interruptions_and_restarts() {
    let mut store = Store::attached().await;
    for (answer, session) in [("answered", "yes"), ("refused", "no")] {
        let asked = store.play("asked", session, "").await;
        assert_eq!(
            store
                .dba
                .number("select count(*) from transcript.open_calls()")
                .await,
            1
        );
        store.play(answer, session, &asked.state).await;
        assert_eq!(
            store
                .dba
                .number("select count(*) from transcript.open_calls()")
                .await,
            0
        );
        store.play("tools", session, "").await;
    }
}

#[tokio::test]
async fn items_taken_back_sessions_cleared_and_history_compacted() {
    let mut store = Store::attached().await;
    store.play("popped", "s", "").await;
    assert_eq!(
        store.kinds("s").await,
        "message 4, rewind 2, tool_call 1, tool_result 1"
    );
    store.play("cleared", "s", "").await;
    store.play("tools", "s", "").await;
    store.play("popped", "s", "").await;
    store.play("cleared", "s", "").await;
    let cleared = "select count(*) from transcript.events where kind = 'session_cleared'";
    assert_eq!(store.dba.number(cleared).await, 2);
    store.play("tools", "c", "").await;
    store.play("compacted", "c", "").await;
    // What the framework wrote in place of its history, and our note of what that was.
    let kinds = store.kinds("c").await;
    assert!(kinds.contains("compaction 2"), "{kinds}");
    store.play("tools", "c", "").await;
}

#[tokio::test]
async fn the_conversations_of_the_demo() {
    let mut store = Store::attached().await;
    let names = [
        "late-parcel",
        "refund-approval",
        "address-registry",
        "broken-scanner",
        "damaged-box",
        "nightly-log",
        "model-outage",
    ];
    let left = begin(&store.db.url, "demo", &names, "").end();
    for (name, items) in names.into_iter().zip(left.items.lines()) {
        store.compare("demo", name, items).await;
    }
}

#[tokio::test]
async fn processes_at_once() {
    let mut store = Store::attached().await;
    let sessions = ["a", "b", "a"];
    let scenes = sessions.map(|session| begin(&store.db.url, "busy", &[session], ""));
    for scene in scenes {
        scene.end();
    }
    // What both held when they had ended, each in a process of its own.
    for session in ["a", "b"] {
        let held: String = sqlx::query_scalar(
            "select coalesce(jsonb_agg(message_data::jsonb order by created_at, id), '[]')::text
             from agent_messages where session_id = $1",
        )
        .bind(session)
        .fetch_one(&mut store.dba.connection)
        .await
        .expect("rows");
        // The SDK's own order is by the clock of the transactions, which two processes may pass each other in.
        let before = store
            .dba
            .number("select count(*) from transcript.events")
            .await;
        assert_eq!(before, 120);
        store.compare_set(session, &held).await;
    }
}

impl Store {
    /// As [`Store::compare`], whatever order the items were recorded in.
    async fn compare_set(&mut self, session: &str, items: &str) {
        let same: bool = sqlx::query_scalar(
            "select jsonb_agg(e.payload order by e.occurred_at, e.sequence) = $2::jsonb from transcript.events e
             where e.conversation_id = transcript.conversation_id('acme', $1)",
        )
        .bind(session)
        .bind(items)
        .fetch_one(&mut self.dba.connection)
        .await
        .expect("a comparison");
        assert!(same, "{session}");
        assert_eq!((self.lag().await, self.failures().await), (0, 0));
    }
}

//! What the framework takes out of its tables becomes an event; the log keeps what was there.

use crate::{Store, insert, said};

const ITEMS: [&str; 4] = ["one", "two", "three", "four"];

async fn filled() -> Store {
    let mut store = Store::attached().await;
    for text in ITEMS {
        store.write("s", &[&said(text)]).await;
    }
    store
}

#[tokio::test]
async fn popping_is_a_rewind_and_clearing_says_so() {
    let mut store = filled().await;
    store
        .framework
        .run("delete from agent_messages where id = 4")
        .await;
    store.write("s", &[&said("instead")]).await;
    // As clear_session does: the items, then the session; the cascade has nothing left to say.
    store
        .framework
        .run("begin; delete from agent_messages where session_id = 's'; delete from agent_sessions where session_id = 's'; commit")
        .await;
    assert_eq!(
        store.log().await[3..],
        [
            "4 message four",
            "rewind [4]",
            "5 message instead",
            "session_cleared [1..3, 5]"
        ]
    );
}

#[tokio::test]
async fn a_cascade_clears_too() {
    let mut store = filled().await;
    store.framework.run("delete from agent_sessions").await;
    assert_eq!(store.log().await[4..], ["session_cleared [1..4]"]);
}

#[tokio::test]
async fn rows_that_others_replace_are_a_compaction() {
    let mut store = filled().await;
    store
        .framework
        .run(&format!(
            "begin; {}; delete from agent_messages where id in (2, 3, 4); commit",
            insert("s", &[&said("in short")])
        ))
        .await;
    assert_eq!(
        store.log().await[4..],
        ["compaction [2..4]", "5 message in short"]
    );
}

#[tokio::test]
async fn old_rows_that_go_are_pruned_and_each_session_is_told() {
    let mut store = filled().await;
    store.write("other", &[&said("five")]).await;
    store
        .framework
        .run("delete from agent_messages where id in (1, 2, 5)")
        .await;
    let log = store.log().await;
    assert_eq!(log[..2], ["5 message five", "session_cleared [5]"]);
    assert_eq!(log[6..], ["store_pruned [1..2]"]);
}

#[tokio::test]
async fn truncating_clears_every_session() {
    let mut store = filled().await;
    store.write("other", &[&said("five")]).await;
    store.framework.run("truncate agent_sessions cascade").await;
    let log = store.log().await;
    assert_eq!(log[1], "session_cleared [5]");
    assert_eq!(log[6], "session_cleared [1..4]");
}

#[tokio::test]
async fn the_same_row_removed_twice_is_two_events() {
    let mut store = filled().await;
    for _ in 0..2 {
        store
            .framework
            .run("delete from agent_messages where id = 4")
            .await;
        store
            .framework
            .run(r#"insert into agent_messages (id, session_id, message_data) values (4, 's', '{"role":"user","content":"four"}')"#)
            .await;
    }
    let removals = store.log().await[4..].to_vec();
    assert_eq!(removals, ["rewind [4]", "rewind [4]"]);
    assert_eq!((store.lag().await, store.failures().await), (0, 0));
}

#[tokio::test]
async fn numbers_that_look_like_cards_stay_readable() {
    let mut store = Store::made(
        "create table agent_messages (id bigint primary key, session_id text not null, message_data text);
         alter table agent_messages owner to test_stranger;
         insert into transcript.redaction_policies (policy) values (transcript.builtin_policy('strict'));
         select transcript.attach('agent_messages', 'acme', time_column => '')",
    )
    .await;
    store
        .framework
        .run(&format!(
            "insert into agent_messages values (4111111111111111, 's', '{}'); delete from agent_messages",
            said("x")
        ))
        .await;
    assert_eq!(
        store.log().await,
        [
            "session_cleared [4_111_111_111_111_111]",
            "4111111111111111 message x"
        ]
        .map(str::to_owned)
    );
}

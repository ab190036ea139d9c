//! Bytes per call: linear in the calls, where storing each input whole is quadratic.

use crate::calls::{batch, made_up, payload};
use tests::{Database, Session};

const SIZE: &str = "select sum(pg_total_relation_size(c.oid)) from pg_class c
    where c.relnamespace = 'transcript'::regnamespace and c.relkind = 'r'";

/// Bytes that `turns` calls add, each sending two messages more than the one before.
async fn bytes(turns: usize, kind: &str) -> (i64, std::time::Duration) {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let mut app = db.app("acme").await;
    let empty = dba.number(SIZE).await;
    let history: Vec<String> = (0..2 * turns).map(made_up).collect();
    let started = std::time::Instant::now();
    for turn in 1..=turns {
        let call = batch("c", &format!("t{turn}-"), &[payload(&history[..2 * turn])]);
        let call = call.replace("model_call", kind);
        let verdicts = app.append(&call, "native").await;
        assert_eq!(verdicts[0].status, "stored");
    }
    let took = started.elapsed();
    let size = dba.number(SIZE).await - empty;
    check(&mut app, turns, kind).await;
    (size, took)
}

async fn check(app: &mut Session, turns: usize, kind: &str) {
    let items = "select coalesce(sum(jsonb_array_length(payload -> 'input')), 0) from transcript.timeline('c', inflate => true)";
    assert_eq!(app.number(items).await as usize, turns * (turns + 1));
    if kind == "model_call" {
        let input = format!("select jsonb_array_length(transcript.model_input('c', {turns}))");
        assert_eq!(app.number(&input).await as usize, 2 * turns);
        assert_eq!(
            app.number("select count(*) from transcript.inputs").await as usize,
            2 * turns
        );
    }
}

#[tokio::test]
async fn storage_grows_with_the_calls_not_with_their_square() {
    println!("turns  shared: bytes per turn, ms  whole: bytes per turn, ms");
    let mut sizes = Vec::new();
    for turns in [10, 50, 200] {
        let (shared, shared_took) = bytes(turns, "model_call").await;
        let (whole, whole_took) = bytes(turns, "note").await;
        println!(
            "{turns:5}  {:22}, {:3}  {:21}, {:3}",
            shared / turns as i64,
            shared_took.as_millis() / turns as u128,
            whole / turns as i64,
            whole_took.as_millis() / turns as u128
        );
        sizes.push((shared as f64, whole as f64));
    }
    let [ten, fifty, two_hundred] = sizes[..] else {
        panic!("three sizes");
    };
    // An index has a page or two before it has a row: so what 40 calls add against what 150 add.
    let (early, late) = ((fifty.0 - ten.0) / 40.0, (two_hundred.0 - fifty.0) / 150.0);
    assert!(
        late < 1.2 * early,
        "a late call adds {late} bytes, an early one {early}"
    );
    assert!(two_hundred.0 / fifty.0 < 4.5, "four times the calls");
    let without = two_hundred.1 / fifty.1;
    assert!(without > 8.0, "the control is not linear: {without}");
}

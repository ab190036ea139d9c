//! Two processes, one conversation.

use crate::batches::stored;
use serde_json::json;
use std::collections::BTreeSet;
use tests::Database;

/// Two importers at the same time, over files that share half of their lines.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_importers_of_one_conversation_store_what_both_have_once() {
    const LINES: usize = 120;
    let db = Database::migrated().await;
    let folder = std::env::temp_dir().join(format!("{}-processes", db.name));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut importers = Vec::new();
    for process in 0..2 {
        let file = folder.join(format!("{process}.jsonl"));
        let line = |n: usize| {
            let owner = if n.is_multiple_of(2) { 2 } else { process };
            let items = [0, 1, 2].map(|i| {
                let key = format!("p{owner}-{n}-{i}");
                json!({"key": key, "kind": "note", "payload": key})
            });
            json!({"conversation_id": "c", "format": "native", "items": items}).to_string() + "\n"
        };
        let mut lines: Vec<String> = (0..LINES).map(line).collect();
        if process == 1 {
            lines.reverse();
        }
        std::fs::write(&file, lines.concat()).expect("a file");
        let url = db.url.clone();
        importers.push(std::thread::spawn(move || {
            let file = file.to_str().expect("UTF-8").to_owned();
            tests::migrator(&url, &["import", "--tenant", "acme", &file])
        }));
    }
    for importer in importers {
        let output = importer.join().expect("it ran");
        assert_eq!(tests::code(&output), 0, "{}", tests::stderr(&output));
    }
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    let mut dba = db.superuser().await;
    let payloads = stored(&mut dba, "c").await;
    let distinct: BTreeSet<_> = payloads.iter().collect();
    assert_eq!((payloads.len(), distinct.len()), (540, 540));
    // What a line says in a row stays in a row, and its items in their order.
    for (n, payload) in payloads.iter().enumerate() {
        if let Some(first) = payload.strip_suffix("-0") {
            assert_eq!(payloads[n + 1], format!("{first}-1"));
            assert_eq!(payloads[n + 2], format!("{first}-2"));
        }
    }
}

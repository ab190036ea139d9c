//! The real transcripts beside the project, read where they lie.

use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The format whose items are rows with the item as text, see [`message_data`].
pub const ROWS: &str = "openai-agents-sqlalchemy-rows";

/// The folder of the transcripts; `None`, said aloud, where it is absent.
pub fn transcripts() -> Option<PathBuf> {
    shared("transcripts")
}

/// The file with the transcripts of a format.
pub fn file_of(folder: &Path, format: &str) -> PathBuf {
    folder.join(format!("{format}.jsonl.zst"))
}

/// A folder of the shared data; `None`, said aloud, where it is absent.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("ABSENT: ../shared/data/{folder}: nothing to test with");
    None
}

/// The bytes of a `.zst` file, of any window size.
pub fn read(path: &Path) -> impl Read + use<> {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut decoder = zstd::Decoder::new(file).expect("zstd");
    decoder.window_log_max(31).expect("zstd");
    decoder
}

/// The lines of a `.zst` file.
pub fn lines(path: &Path) -> impl Iterator<Item = String> + use<> {
    BufReader::new(read(path))
        .lines()
        .map(|line| line.expect("UTF-8"))
}

/// One line of a transcript file; the items are the text of the line, untouched.
pub struct Conversation {
    pub id: String,
    pub format: String,
    pub items: Vec<String>,
}

/// The conversations of a transcript file, in its order.
pub fn conversations(path: &Path) -> Vec<Conversation> {
    let conversation = |line: String| {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(&line).expect("a line");
        let string = |name| serde_json::from_str(members[name].get()).expect(name);
        let items: Vec<&RawValue> = serde_json::from_str(members["items"].get()).expect("items");
        Conversation {
            id: string("conversation_id"),
            format: string("format"),
            items: items.iter().map(|item| item.get().to_owned()).collect(),
        }
    };
    lines(path).map(conversation).collect()
}

/// The item that a row of the SDK's `agent_messages` keeps as text.
pub fn message_data(row: &str) -> String {
    let columns: BTreeMap<String, &RawValue> = serde_json::from_str(row).expect("a row");
    serde_json::from_str(columns["message_data"].get()).expect("message_data")
}

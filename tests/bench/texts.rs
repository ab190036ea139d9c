//! What agents really said, did and got back: the strings of recorded conversations.

use serde_json::Value;
use sqlx::Row;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use tests::{Session, corpus};

/// The formats that texts are taken from, where the shared transcripts lie beside the project.
const FORMATS: [&str; 3] = [
    "claude-code-jsonl",
    "openai-chat-messages",
    "openai-agents-sqlalchemy-rows",
];
/// Shorter strings are ids and names, longer ones whole files.
const LENGTHS: std::ops::Range<usize> = 40..20_000;
const BYTES_MAX: usize = 24 << 20;

/// What this project records itself, for where the shared transcripts are absent.
pub fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/transcripts.jsonl.zst")
}

/// Distinct texts that `standard` leaves alone, in the order in which they were said.
pub async fn clean(session: &mut Session) -> Vec<String> {
    let mut found = Texts::default();
    match corpus::transcripts() {
        Some(folder) => {
            let files = FORMATS.map(|format| corpus::file_of(&folder, format));
            files.iter().for_each(|file| found.read(file));
        }
        None => found.read(&recorded()),
    }
    session
        .run("drop table if exists texts; create temp table texts (n bigint generated always as identity, t text)")
        .await;
    for part in found.texts.chunks(1000) {
        sqlx::query("insert into texts (t) select * from unnest($1::text[])")
            .bind(part)
            .execute(&mut session.connection)
            .await
            .expect("texts are stored");
    }
    session
        .rows(
            "select t from texts
               where transcript.redact_text(t, transcript.builtin_policy('standard')) = t order by n",
        )
        .await
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[derive(Default)]
struct Texts {
    texts: Vec<String>,
    seen: HashSet<String>,
    bytes: usize,
}

impl Texts {
    fn read(&mut self, file: &Path) {
        for line in corpus::lines(file) {
            // serde_json refuses lone surrogates: those lines are left out.
            if let Ok(line) = serde_json::from_str::<Value>(&line) {
                self.take(&line["items"]);
            }
        }
    }

    fn take(&mut self, value: &Value) {
        match value {
            Value::String(text)
                if is_text(text) && self.bytes < BYTES_MAX && self.seen.insert(text.clone()) =>
            {
                self.bytes += text.len();
                self.texts.push(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| self.take(item)),
            Value::Object(members) => members.values().for_each(|member| self.take(member)),
            _ => {}
        }
    }
}

/// Prose, code and output; not base64, and not what no jsonb can hold.
fn is_text(text: &str) -> bool {
    let blanks = text.bytes().filter(u8::is_ascii_whitespace).count();
    LENGTHS.contains(&text.len()) && blanks * 25 > text.len() && !text.contains('\0')
}

/// Consecutive texts, from the first again after the last.
pub struct Reader<'a> {
    texts: &'a [String],
    text: usize,
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(texts: &'a [String]) -> Self {
        assert!(!texts.is_empty(), "no transcript holds a text");
        Reader {
            texts,
            text: 0,
            at: 0,
        }
    }

    /// The next texts, about this many bytes; a long text goes on in the next piece.
    pub fn piece(&mut self, bytes: usize) -> String {
        let mut piece = String::new();
        while piece.len() < bytes {
            let rest = &self.texts[self.text][self.at..];
            let end = rest.floor_char_boundary(bytes - piece.len());
            piece.push_str(&rest[..end]);
            piece.push('\n');
            self.at += end;
            if end == rest.len() || end == 0 {
                self.at = 0;
                self.text = (self.text + 1) % self.texts.len();
            }
        }
        piece
    }
}

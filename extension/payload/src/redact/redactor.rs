//! What both walkers, of jsonb and of JSON text, do with a string, a number and a key.

use super::detect::{card, cookie, phone};
use super::findings::Findings;
use super::keys::Class;
use super::kind::Kind;
use super::mask;
use super::member::{Place, hides_number, secret_part};
use super::nested;
use super::path::Path;
use super::policy::Detector;
use super::scan::Scanner;
use super::spans::Hits;
use crate::parts;

/// JSON text up to this size is read as JSON; what is larger is read as text.
const JSON_MAX: usize = 4 << 20;
/// JSON in a string in JSON in a string …
const JSON_DEPTH_MAX: usize = 8;
/// Looks at a string after something in it was hidden, so that a second redaction finds nothing.
const PASSES_MAX: usize = 4;

pub(super) struct Redactor<'p> {
    pub scanner: &'p Scanner,
    pub findings: Findings,
    hits: Hits,
    json_depth: usize,
}

impl<'p> Redactor<'p> {
    pub fn new(scanner: &'p Scanner) -> Self {
        Redactor {
            scanner,
            findings: Findings::default(),
            hits: Hits::default(),
            json_depth: 0,
        }
    }

    /// The string with everything hidden that must be; `None` when it stays as it is.
    pub fn string(
        &mut self,
        text: &str,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) -> Option<String> {
        match place {
            Place::Binary => return None,
            Place::Secret(Class::Cookie) if text.contains('=') => {
                self.hits.clear();
                cookie::find(text, 0, &mut self.hits);
                if !self.hits.is_empty() {
                    let hidden = self.hits.apply(text, path, &mut self.findings);
                    return Some(self.text(&hidden, name, path).unwrap_or(hidden));
                }
            }
            Place::Secret(class) => {
                if let Some((start, end)) = secret_part(class, text) {
                    let hidden = self.hide(text, start, end, Kind::KEY, path);
                    return Some(self.text(&hidden, name, path).unwrap_or(hidden));
                }
            }
            Place::Plain | Place::EncodedText => {}
        }
        if let Some(answer) = self.encoded(text, place, path) {
            return answer;
        }
        if let Some(answer) = self.json(text, path) {
            return answer;
        }
        self.text(text, name, path)
    }

    /// The number's marker, when it is hidden.
    pub fn number(
        &mut self,
        text: &str,
        name: &str,
        class: Option<Class>,
        path: &Path<'_>,
    ) -> Option<String> {
        let active = self.scanner.active;
        let kind = if class.is_some_and(|class| hides_number(class, text)) {
            Kind::KEY
        } else if active.has(Detector::Card) && card::is_card_text(text) {
            Kind::CARD
        } else if active.has(Detector::Phone) && phone::is_phone_number(name, text) {
            Kind::PHONE
        } else {
            return None;
        };
        Some(self.hide(text, 0, text.len(), kind, path))
    }

    /// The key with everything hidden that must be. Names of members are seldom more than letters.
    pub fn key(&mut self, key: &str, path: &Path<'_>) -> Option<String> {
        let plain = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'$');
        if key.bytes().all(plain) {
            return None;
        }
        self.text(key, "", path)
    }

    /// Detectors only.
    pub fn text(&mut self, text: &str, name: &str, path: &Path<'_>) -> Option<String> {
        let mut changed: Option<String> = None;
        for _ in 0..PASSES_MAX {
            self.hits.clear();
            let current = changed.as_deref().unwrap_or(text);
            self.scanner.scan(current, name, &mut self.hits);
            if self.hits.is_empty() {
                break;
            }
            changed = Some(self.hits.apply(current, path, &mut self.findings));
        }
        changed
    }

    /// The part `start..end` replaced by a marker.
    pub fn hide(
        &mut self,
        text: &str,
        start: usize,
        end: usize,
        kind: Kind,
        path: &Path<'_>,
    ) -> String {
        self.findings.add(kind.name(), path);
        let mut out = text[..start].to_owned();
        mask::push(&mut out, kind.name(), &text[start..end]);
        out.push_str(&text[end..]);
        out
    }

    /// Reads an attachment that is text, however large: `None` when it is none.
    fn encoded(&mut self, text: &str, place: Place, path: &Path<'_>) -> Option<Option<String>> {
        let (prefix, content) = parts::encoded_text(text, place == Place::EncodedText)?;
        let hidden = self.string(&content, "", Place::Plain, path);
        Some(hidden.map(|hidden| parts::encode_text(prefix, &hidden)))
    }

    /// Reads a string as JSON: `None` when it is none.
    fn json(&mut self, text: &str, path: &Path<'_>) -> Option<Option<String>> {
        let starts = text.trim_start().starts_with(['{', '[']);
        if !starts || text.len() > JSON_MAX || self.json_depth >= JSON_DEPTH_MAX {
            return None;
        }
        let tree = nested::parse(text)?;
        self.json_depth += 1;
        let changed = nested::redact(text, &tree, self, &path.json());
        self.json_depth -= 1;
        Some(changed)
    }
}

//! Where a string may be cut.

use crate::{json, redact};

/// No marker and no mark is longer.
const MARK_MAX: usize = 128;

/// The head of `text`, with how much was cut, in at most about `room` bytes.
pub(super) fn cut(text: &str, room: usize) -> String {
    let note = |kept: usize| format!("…[{} bytes cut]", text.len() - kept);
    let end = boundary(text, room.saturating_sub(note(0).len()));
    let mut out = String::with_capacity(room);
    out.push_str(&text[..end]);
    out.push_str(&note(end));
    out
}

/// The last place not behind `end` that is inside no character, no redaction marker and no mark:
/// half of one would no longer be recognised.
fn boundary(text: &str, end: usize) -> usize {
    let end = text.floor_char_boundary(end);
    let from = text.floor_char_boundary(end.saturating_sub(MARK_MAX));
    for (at, bracket) in text[from..end].match_indices(['[', '⟦']) {
        let start = from + at;
        let length = match bracket {
            "[" => redact::marker_length(&text.as_bytes()[start..]),
            _ => json::mark_length(&text[start..]),
        };
        if length.is_some_and(|length| start + length > end) {
            return start;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_one_is_halved() {
        for one in ["[redacted:email:17]", "⟦u0000⟧", "⟦ud83d⟧", "é", "😀"] {
            let text = format!("ab{one}{}", "x".repeat(100));
            for room in 0..60 {
                let out = cut(&text, room);
                let (head, note) = out.split_once('…').unwrap();
                let whole = head.contains(one);
                assert!(whole || "ab".starts_with(head), "{room}: {out}");
                assert_eq!(note, format!("[{} bytes cut]", text.len() - head.len()));
            }
        }
        assert_eq!(boundary("[redacted:x", 5), 5, "it is no marker");
    }
}

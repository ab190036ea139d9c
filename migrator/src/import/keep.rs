//! What is kept of a line that cannot be stored.

/// Bytes of a rejected line that are kept: enough to see what it was.
pub const KEPT_BYTES: usize = 1 << 20;

/// The line as text that a PostgreSQL text column takes: valid UTF-8, no NUL, not over the limit.
pub fn keepable(raw: &[u8]) -> String {
    let mut text =
        String::from_utf8_lossy(&raw[..raw.len().min(KEPT_BYTES)]).replace('\0', "\u{fffd}");
    if text.len() > KEPT_BYTES {
        text.truncate(text.floor_char_boundary(KEPT_BYTES));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_text_cannot_hold_is_replaced() {
        assert_eq!(keepable(b"a\0b\xffc"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn the_limit_holds_after_replacing_too() {
        assert!(keepable(&vec![0; KEPT_BYTES + 5]).len() <= KEPT_BYTES);
        let umlauts = format!("a{}", "ä".repeat(KEPT_BYTES));
        assert!(keepable(umlauts.as_bytes()).len() <= KEPT_BYTES);
    }
}

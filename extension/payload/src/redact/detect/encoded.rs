//! base64: decoding for those who look inside, and blobs of encoded text.

use super::Input;
use crate::interrupt;

/// Longest head of a data URL, up to its `;base64,`.
const DATA_URL_HEAD: usize = 100;
const BLOB_MAX: usize = 8_192;
/// Characters decoded before deciding that a blob is text.
const PROBE: usize = 16;

/// Six bits of each character of either alphabet; above 63 for the others.
const VALUES: [u8; 256] = {
    let mut values = [64u8; 256];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < letters.len() {
        values[letters[at] as usize] = at as u8;
        at += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

fn value(byte: u8) -> Option<u32> {
    let six = VALUES[usize::from(byte)];
    (six < 64).then_some(u32::from(six))
}

/// The bytes behind base64 or base64url, up to the first character that is neither.
pub(crate) fn decode_prefix(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text {
        let Some(six) = value(*byte) else { break };
        bits = bits << 6 | six;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// True when every byte is base64, padding or a line end, behind what a data URL begins with: an
/// image, a signature, not text.
pub(crate) fn is_binary(text: &[u8]) -> bool {
    const MARK: &[u8] = b";base64,";
    let head = &text[..text.len().min(DATA_URL_HEAD)];
    let url = text.starts_with(b"data:");
    let mark = head.windows(MARK.len()).position(|w| url && w == MARK);
    let body = mark.map_or(0, |at| at + MARK.len());
    interrupt::all(&text[body..], |b| {
        value(b).is_some() || matches!(b, b'=' | b'\n' | b'\r')
    })
}

/// Calls `each` with every run of base64 that decodes to text, and that text; `runs` is where they
/// begin.
pub(crate) fn for_each_text(
    input: &Input<'_>,
    runs: &[u32],
    mut each: impl FnMut(usize, usize, &str),
) {
    let bytes = input.bytes;
    for start in runs.iter().map(|start| *start as usize) {
        if !starts_printable(&bytes[start..start + PROBE]) {
            continue;
        }
        let mut end = input.run(start, BLOB_MAX + 1, |b| value(b).is_some());
        interrupt::check(end - start);
        if end - start > BLOB_MAX {
            continue;
        }
        let decoded = decode_prefix(&bytes[start..end]);
        if let Ok(text) = std::str::from_utf8(&decoded)
            && text.bytes().all(is_printable)
        {
            end = input.run(end, 2, |b| b == b'=');
            each(start, end, text);
        }
    }
}

/// Words and paths are base64 too, but hardly ever of something printable.
fn starts_printable(text: &[u8]) -> bool {
    text.chunks_exact(4).all(|four| {
        let bits = four
            .iter()
            .fold(0, |bits, b| bits << 6 | u32::from(VALUES[usize::from(*b)]));
        [bits >> 16, bits >> 8, bits]
            .iter()
            .all(|b| is_printable(*b as u8))
    })
}

fn is_printable(byte: u8) -> bool {
    (0x20..0x7F).contains(&byte) || matches!(byte, b'\n' | b'\r' | b'\t') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_both_alphabets() {
        assert_eq!(decode_prefix(b"YWxpY2U6c2VjcmV0"), b"alice:secret");
        assert_eq!(decode_prefix(b"-_8"), [0xFB, 0xFF]);
    }

    #[test]
    fn text_in_blobs_is_found_and_binary_is_not() {
        let text = "echo dG9rZW49YWJjZGVmZ2hpamtsbW5vcA== /usr/local/lib/python3/dist-packages/x";
        let mut found = Vec::new();
        for_each_text(&Input::new(text, ""), &[5, 42], |start, end, inner| {
            found.push((text[start..end].to_owned(), inner.to_owned()));
        });
        assert_eq!(
            found,
            [(
                "dG9rZW49YWJjZGVmZ2hpamtsbW5vcA==".to_owned(),
                "token=abcdefghijklmnop".to_owned()
            )]
        );
    }
}

//! base64 and hexadecimal digits: decoding for those who look inside, and blobs of encoded text.

use super::Input;
use crate::interrupt;

/// Longest head of a data URL, up to its `;base64,`.
const DATA_URL_HEAD: usize = 100;
const BLOB_MAX: usize = 8_192;
/// Shorter lines are no lines of a blob.
const LINE_MIN: usize = 40;
const INDENT_MAX: usize = 24;
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

/// What is told of a run of base64 or of hexadecimal digits.
pub(crate) enum Run<'t> {
    /// It begins as text does: what it is depends on what stands behind it.
    Begins(usize),
    /// A range, and the text that it decodes to.
    Text(usize, usize, &'t str),
}

/// Calls `each` with every run that decodes to text; `runs` is where they begin.
pub(crate) fn for_each_text(input: &Input<'_>, runs: &[u32], mut each: impl FnMut(Run<'_>)) {
    let bytes = input.bytes;
    let mut seen = 0;
    for start in runs.iter().map(|start| *start as usize) {
        if start < seen {
            continue;
        }
        let Some(probe) = bytes.get(start..).and_then(|rest| rest.first_chunk()) else {
            continue;
        };
        let first = decode_probe(probe);
        let wide = is_wide(&first);
        let digits = starts_hexadecimal(probe);
        let plain = wide || starts_printable(&first);
        if !plain && !digits {
            continue;
        }
        each(Run::Begins(start));
        let mut end = input.run(start, BLOB_MAX + 1, |b| value(b).is_some());
        interrupt::check(end - start);
        if end - start > BLOB_MAX {
            continue;
        }
        if digits && let Some(decoded) = hexadecimal(&bytes[start..end]) {
            if let Some(text) = printable(&decoded) {
                each(Run::Text(start, end, text));
            }
            continue;
        }
        if !plain {
            continue;
        }
        let decoded = decode_prefix(&bytes[start..end]);
        let mut decoded = if wide { narrow(&decoded) } else { decoded };
        if printable(&decoded).is_none() {
            continue;
        }
        // The lines of one blob; the last one may be another word.
        let lines = if wide {
            Vec::new()
        } else {
            lines(input, start, end)
        };
        for line in lines {
            let whole = decoded.len();
            decoded.extend(decode_prefix(&bytes[line.0..line.1]));
            if printable(&decoded).is_none() {
                decoded.truncate(whole);
                break;
            }
            end = line.1;
        }
        seen = end;
        end = input.run(end, 2, |b| b == b'=');
        if let Some(text) = printable(&decoded) {
            each(Run::Text(start, end, text));
        }
    }
}

/// The lines behind the one that ends at `end`, when they are of one blob: as long as it was, or the
/// last and shorter.
fn lines(input: &Input<'_>, start: usize, end: usize) -> Vec<(usize, usize)> {
    let width = end - start;
    let mut all = Vec::new();
    if width < LINE_MIN || !width.is_multiple_of(4) {
        return all;
    }
    let mut at = end;
    while at - start < BLOB_MAX {
        let from = input.run(at, INDENT_MAX, |b| b.is_ascii_whitespace());
        let to = input.run(from, width + 1, |b| value(b).is_some());
        if from == at || !input.bytes[at..from].contains(&b'\n') || to == from || to - from > width
        {
            break;
        }
        all.push((from, to));
        at = to;
        if to - from < width {
            break;
        }
    }
    all
}

/// Digits of printable bytes.
fn starts_hexadecimal(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    digits.iter().all(u8::is_ascii_hexdigit) && { digits.iter().step_by(2) }
        .all(|b| matches!(b, b'0' | b'2'..=b'7'))
}

/// What hexadecimal digits stand for.
fn hexadecimal(run: &[u8]) -> Option<Vec<u8>> {
    let digits = run.strip_prefix(b"0x").unwrap_or(run);
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks_exact(2).map(pair).collect()
}

fn printable(decoded: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(decoded).ok()?;
    text.bytes().all(is_printable).then_some(text)
}

/// The bytes behind the first characters of a run.
fn decode_probe(text: &[u8; PROBE]) -> [u8; PROBE / 4 * 3] {
    let mut out = [0; PROBE / 4 * 3];
    for (four, three) in text.as_chunks::<4>().0.iter().zip(out.as_chunks_mut().0) {
        let six = four.map(|b| u32::from(VALUES[usize::from(b)]));
        let bits = six[0] << 18 | six[1] << 12 | six[2] << 6 | six[3];
        let [_, bytes @ ..] = bits.to_be_bytes();
        *three = bytes;
    }
    out
}

/// Words and paths are base64 too, but hardly ever of something printable.
fn starts_printable(bytes: &[u8]) -> bool {
    // Without an early end the compiler compares many at once.
    let printable = |all, byte: &u8| all & is_printable(*byte);
    bytes.iter().fold(true, printable)
        && std::str::from_utf8(bytes).map_or_else(|e| e.error_len().is_none(), |_| true)
}

/// Text in two bytes a character, as PowerShell takes it: every second one is nothing.
fn is_wide(bytes: &[u8]) -> bool {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs
        .iter()
        .all(|[one, next]| *next == 0 && is_printable(*one))
}

/// The ASCII of such text; what is not, is nothing printable.
fn narrow(decoded: &[u8]) -> Vec<u8> {
    let pairs = decoded.chunks_exact(2);
    pairs
        .map(|pair| if pair[1] == 0 { pair[0] } else { 0 })
        .collect()
}

fn is_printable(byte: u8) -> bool {
    (byte >= 0x20 && byte != 0x7F) | matches!(byte, b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_both_alphabets() {
        assert_eq!(decode_prefix(b"YWxpY2U6c2VjcmV0"), b"alice:secret");
        assert_eq!(decode_prefix(b"-_8"), [0xFB, 0xFF]);
    }

    fn decoded(text: &str, starts: &[u32]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for_each_text(&Input::new(text, ""), starts, |run| {
            if let Run::Text(start, end, inner) = run {
                found.push((text[start..end].to_owned(), inner.to_owned()));
            }
        });
        found
    }

    #[test]
    fn lines_of_a_blob_are_read_together() {
        let line = "dXNlcj1jaSB1c2VyPWNpIHVzZXI9Y2kgdXNlcj1j";
        let last = "aSBwYXNz";
        for gap in ["\n", "\r\n", "\n    "] {
            let blob = [line, line, last].join(gap);
            let inner = "user=ci user=ci user=ci user=cuser=ci user=ci user=ci user=ci pass";
            assert_eq!(decoded(&blob, &[0]), [(blob.clone(), inner.to_owned())]);
        }
        // Another word behind a whole line.
        let text = format!("{line}\ndone-9");
        assert_eq!(decoded(&text, &[0])[0].0, line);
    }

    #[test]
    fn text_of_wide_characters() {
        let text = "cABhAHMAcwB3AG8AcgBkAD0AaAB1AG4AdABlAHIAMgA=";
        assert_eq!(
            decoded(text, &[0]),
            [(text.to_owned(), "password=hunter2".to_owned())]
        );
    }

    #[test]
    fn hexadecimal_digits_of_text() {
        let text = "0x70617373776f72643d68756e7465723232";
        assert_eq!(
            decoded(text, &[0]),
            [(text.to_owned(), "password=hunter22".to_owned())]
        );
        for hash in [
            "3ef19e93c38d18a11e74e929772ca21a",
            "70617373776f72643d687",
            "0x7f454c46",
        ] {
            assert_eq!(decoded(&format!("{hash}          "), &[0]), [], "{hash}");
        }
    }

    #[test]
    fn text_in_blobs_is_found_and_binary_is_not() {
        let text = "echo dG9rZW49YWJjZGVmZ2hpamtsbW5vcA== /usr/local/lib/python3/dist-packages/x";
        assert_eq!(
            decoded(text, &[5, 42]),
            [(
                "dG9rZW49YWJjZGVmZ2hpamtsbW5vcA==".to_owned(),
                "token=abcdefghijklmnop".to_owned()
            )]
        );
    }
}

//! Text as files have it: UTF-8, also with bytes that are not, and UTF-16 with its mark.

use crate::interrupt;
use std::borrow::Cow;

/// A byte that is no UTF-8 is read as one of the last private characters, 128 of them.
const STRAY: u32 = 0x0010_FF80;
const MARK_LE: [u8; 2] = [0xFF, 0xFE];
const MARK_BE: [u8; 2] = [0xFE, 0xFF];

/// What a file says, and how its bytes say it.
#[derive(Debug)]
pub struct FileText<'c> {
    pub text: Cow<'c, str>,
    encoding: Encoding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    /// With bytes that are not: Latin-1, or cut somewhere.
    Strays,
    Utf16([u8; 2]),
}

impl<'c> FileText<'c> {
    /// `None` for bytes that are no text. Where a media type says that they are (`is_named`), some of
    /// them may be in another encoding.
    pub fn read(content: &'c [u8], is_named: bool) -> Option<Self> {
        if let Some((&mark @ (MARK_LE | MARK_BE), units)) = content.split_first_chunk() {
            return utf16(units, mark).map(|text| FileText {
                text: Cow::Owned(text),
                encoding: Encoding::Utf16(mark),
            });
        }
        match simdutf8::basic::from_utf8(content) {
            Ok(text) if !has_strays(text) => Some(FileText {
                text: Cow::Borrowed(text),
                encoding: Encoding::Utf8,
            }),
            Err(_) if !is_named => None,
            _ => Some(FileText {
                text: Cow::Owned(with_strays(content)),
                encoding: Encoding::Strays,
            }),
        }
    }

    /// True for the first bytes of what [`FileText::read`] may read, by which most of the rest is told.
    pub fn may_begin(head: &[u8], is_named: bool) -> bool {
        let cut = |error: std::str::Utf8Error| error.error_len().is_none();
        is_named
            || head.starts_with(&MARK_LE)
            || head.starts_with(&MARK_BE)
            || std::str::from_utf8(head).map_or_else(cut, |_| true)
    }

    /// Another text, in the bytes that this one is in.
    pub fn encode(&self, text: String) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8 => text.into_bytes(),
            Encoding::Strays => {
                let mut out = Vec::with_capacity(text.len());
                for c in interrupt::chars(&text) {
                    match (is_stray(c), u32::from(c) & 0x7F) {
                        (true, low) => out.push(low as u8 | 0x80),
                        _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    }
                }
                out
            }
            Encoding::Utf16(mark) => {
                let mut out = Vec::with_capacity(2 + 2 * text.len());
                out.extend_from_slice(&mark);
                for c in interrupt::chars(&text) {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        out.extend_from_slice(&match mark {
                            MARK_LE => unit.to_le_bytes(),
                            _ => unit.to_be_bytes(),
                        });
                    }
                }
                out
            }
        }
    }
}

fn is_stray(c: char) -> bool {
    u32::from(c) >= STRAY
}

fn has_strays(text: &str) -> bool {
    // What they begin with hardly anything else does.
    !interrupt::all(text.as_bytes(), |b| b != 0xF4) && interrupt::chars(text).any(is_stray)
}

/// Bytes that are no UTF-8, and those of characters that would pass for one, as such characters.
fn with_strays(content: &[u8]) -> String {
    let mut out = String::with_capacity(content.len());
    let stray = |out: &mut String, bytes: &[u8]| {
        let of = |byte: &u8| char::from_u32(STRAY + u32::from(byte & 0x7F));
        out.extend(bytes.iter().filter_map(of));
    };
    for chunk in content.utf8_chunks() {
        for c in interrupt::chars(chunk.valid()) {
            if is_stray(c) {
                stray(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                out.push(c);
            }
        }
        interrupt::check(chunk.invalid().len());
        stray(&mut out, chunk.invalid());
    }
    out
}

/// `None` when it would not be the same bytes again.
fn utf16(bytes: &[u8], mark: [u8; 2]) -> Option<String> {
    let (pairs, []) = bytes.as_chunks() else {
        return None;
    };
    let units = pairs.iter().map(|pair| {
        interrupt::check(pair.len());
        match mark {
            MARK_LE => u16::from_le_bytes(*pair),
            _ => u16::from_be_bytes(*pair),
        }
    });
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_read_is_written_in_the_same_bytes() {
        let utf16 = |text: &str, mark: [u8; 2]| {
            let bytes = |unit: u16| match mark {
                MARK_LE => unit.to_le_bytes(),
                _ => unit.to_be_bytes(),
            };
            let units = text.encode_utf16().flat_map(bytes);
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        for (content, text) in [
            (b"plain".to_vec(), "plain"),
            ("zo\u{eb} \u{1f600}".into(), "zo\u{eb} \u{1f600}"),
            (
                b"zo\xEB, \x80\xFF".to_vec(),
                "zo\u{10ffeb}, \u{10ff80}\u{10ffff}",
            ),
            // Cut within a character.
            (b"zo\xC3".to_vec(), "zo\u{10ffc3}"),
            (
                "a\u{10ffeb}".into(),
                "a\u{10fff4}\u{10ff8f}\u{10ffbf}\u{10ffab}",
            ),
            (utf16("zo\u{eb} \u{1f600}", MARK_LE), "zo\u{eb} \u{1f600}"),
            (utf16("zo\u{eb} \u{1f600}", MARK_BE), "zo\u{eb} \u{1f600}"),
        ] {
            assert!(FileText::may_begin(&content, true));
            let read = FileText::read(&content, true).unwrap();
            assert_eq!(read.text, text);
            assert_eq!(read.encode(text.to_owned()), content);
        }
    }

    #[test]
    fn what_is_not_named_text_must_be_whole() {
        for content in [
            b"zo\xEB".as_slice(),
            // Odd; half a pair.
            b"\xFF\xFEa",
            b"\xFF\xFE\x00\xD8",
        ] {
            assert!(FileText::read(content, false).is_none(), "{content:?}");
        }
        assert!(!FileText::may_begin(b"\x89PNG", false));
        assert!(FileText::may_begin(b"zo\xC3", false));
    }
}

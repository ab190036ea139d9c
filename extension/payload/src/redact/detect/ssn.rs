//! US social security numbers: 3-2-4 digits with valid area, group and serial.

use super::super::keys::has_word;
use super::super::kind::Kind;
use super::super::spans::Hit;
use super::Input;

const NEAR: usize = 40;
const WORDS: [&str; 4] = ["ssn", "social security", "soc sec", "ss#"];

/// A number whose first run of digits is `at..end`.
pub(crate) fn find(input: &Input<'_>, at: usize, end: usize) -> Option<Hit> {
    let bytes = input.bytes;
    let first = end - at;
    let stop = match first {
        3 => at + 11,
        9 => end,
        _ => return None,
    };
    let whole = bytes.get(at..stop)?;
    let before = input.before(at);
    let after = input.byte(stop);
    if super::is_word(before) || super::is_word(after) {
        return None;
    }
    let joins = |b: u8, outer: u8| matches!(b, b'-' | b'.' | b'+') && outer.is_ascii_digit();
    if matches!(before, b'-' | b'.' | b'+') || joins(after, input.byte(stop + 1)) {
        return None;
    }
    let (area, group, serial, plain) = if first == 9 {
        (&whole[..3], &whole[3..5], &whole[5..], false)
    } else {
        let separator = whole[3];
        if whole[6] != separator || !matches!(separator, b'-' | b' ' | b'.' | b'/') {
            return None;
        }
        (&whole[..3], &whole[4..6], &whole[7..], separator == b'-')
    };
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let zero = |part: &[u8]| part.iter().all(|b| *b == b'0');
    if !(digits(group) && digits(serial)) || zero(area) || zero(group) || zero(serial) {
        return None;
    }
    if area == b"666" || area[0] == b'9' {
        return None;
    }
    // Other than with hyphens it may be anything, unless a word says what it is.
    (plain || is_said(input, at)).then_some(Hit {
        start: at,
        end: stop,
        kind: Kind::SSN,
    })
}

/// True when a word before `at`, or the key, says what the number is.
pub(super) fn is_said(input: &Input<'_>, at: usize) -> bool {
    has_word(input.name, &["ssn"]) || input.word_before(at, NEAR, &WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> bool {
        let input = Input::new(text, "");
        let at = text.find(|c: char| c.is_ascii_digit()).unwrap();
        let end = input.run(at, usize::MAX, |b| b.is_ascii_digit());
        find(&input, at, end).is_some()
    }

    #[test]
    fn every_valid_serial_and_area() {
        for serial in 1..10_000 {
            assert!(found(&format!("123-45-{serial:04}")));
        }
        for area in 1..900 {
            assert_eq!(found(&format!("{area:03}-45-6789")), area != 666);
        }
        assert!(found("my SSN is 123456789"));
        assert!(found("ssn: 123 45 6789"));
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "123456789",
            "000-45-6789",
            "912-45-6789",
            "123-00-6789",
            "123-45-0000",
            "123-45-67",
            "123-45-67890",
            "123-45-6789-1",
            "123 45 6789",
            "x123-45-6789",
        ] {
            assert!(!found(text), "{text}");
        }
    }
}

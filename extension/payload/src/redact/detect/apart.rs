//! Numbers whose digits stand one by one: `4 1 1 1 …`, `4.1.1.1…`.

use super::super::kind::Kind;
use super::super::spans::Hit;
use super::{Input, card, ssn};

const DIGITS_MAX: usize = 19;
const SSN_DIGITS: usize = 9;
const NEAR: usize = 40;

/// The number that begins with the one digit at `at`, as what it is.
pub(crate) fn find(input: &Input<'_>, at: usize, cards: bool, ssns: bool) -> Option<Hit> {
    let gap = input.run(at + 1, 3, is_separator);
    let separator = &input.bytes[at + 1..gap];
    let last = *separator.last()?;
    let row = input.byte(gap).is_ascii_digit() && !input.byte(gap + 1).is_ascii_digit();
    if !row {
        return None;
    }
    // Not from the middle of a row.
    let before = input.run_back(at, 3, is_separator);
    if super::is_word(input.before(at)) || before < at && input.before(before).is_ascii_digit() {
        return None;
    }
    if separator.len() == 2 || separator.len() == 3 && separator != [b' ', separator[1], b' '] {
        return None;
    }
    let mut digits = [0; DIGITS_MAX];
    let (mut count, mut end) = (0, at);
    loop {
        digits[count] = input.byte(end);
        count += 1;
        end += 1;
        let next = end + separator.len();
        if !input.bytes[end..].starts_with(separator) || !input.byte(next).is_ascii_digit() {
            break;
        }
        if count == DIGITS_MAX || input.byte(next + 1).is_ascii_digit() {
            return None;
        }
        end = next;
    }
    let digits = std::str::from_utf8(&digits[..count]).ok()?;
    // Rows of a matrix go on in the next line.
    let alone = || {
        let after = input.run(end, 4, |b| {
            b.is_ascii_whitespace() || matches!(b, b',' | b']')
        });
        let before = input.run_back(at, 4, |b| b.is_ascii_whitespace() || b == b'[');
        last != b'.'
            && !input.byte(after).is_ascii_digit()
            && !input.before(before).is_ascii_digit()
            && input.before(at) != b'['
    };
    let kind = if cards
        && card::is_card_text(digits)
        && (input.word_before(at, NEAR, &card::WORDS) || alone())
    {
        Kind::CARD
    } else if ssns && digits.len() == SSN_DIGITS && ssn::is_said(input, at) {
        Kind::SSN
    } else {
        return None;
    };
    Some(Hit {
        start: at,
        end,
        kind,
    })
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'_' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let input = Input::new(text, "");
        let digits = (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_digit());
        let hit = { digits }.find_map(|at| find(&input, at, true, true))?;
        Some(&text[hit.start..hit.end])
    }

    #[test]
    fn digits_one_by_one() {
        for (text, number) in [
            (
                "card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1, exp",
                "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            ),
            (
                "pan 4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1 x",
                "4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
            ),
            (
                "it is 4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1",
                "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1",
            ),
            ("ssn: 5 3 7 4 3 5 0 1 8.", "5 3 7 4 3 5 0 1 8"),
        ] {
            assert_eq!(found(text), Some(number), "{text}");
        }
    }

    #[test]
    fn rows_of_digits_stay() {
        for text in [
            "0 1 2 3 4 5 6 7 8 9 10 11 12",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n0 1 0 1",
            "card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2",
            "5 3 7 4 3 5 0 1 8",
            "version 4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

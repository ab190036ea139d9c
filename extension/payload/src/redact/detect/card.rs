//! Payment card numbers: brand prefix, length, grouping and the Luhn digit.

use super::super::kind::Kind;
use super::super::spans::Hit;
use super::{Input, torn};

const DIGITS_MIN: usize = 13;
const DIGITS_MAX: usize = 19;
const GROUPS_MAX: usize = 5;
const NEAR: usize = 40;
pub(super) const WORDS: [&str; 10] = [
    "card",
    "pan",
    "visa",
    "mastercard",
    "amex",
    "credit",
    "debit",
    "cc",
    "maestro",
    "discover",
];

/// Groups as they are printed on cards; a bare run is any length that its brand has.
const GROUPINGS: [&[usize]; 8] = [
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 3],
    &[4, 4, 4, 2],
    &[4, 4, 4, 1],
    &[6, 13],
];

/// A card number whose first run of digits is `at..end`.
pub(crate) fn find(input: &Input<'_>, at: usize, end: usize) -> Option<Hit> {
    let first = end - at;
    let bare = (DIGITS_MIN..=DIGITS_MAX).contains(&first);
    if matches!(input.byte(end), b'\n' | b'\r' | b'=')
        && let Some(hit) = cut(input, at, end)
    {
        return Some(hit);
    }
    if !bare && first != 4 && first != 6 {
        return None;
    }
    if is_inside_something(input, at) {
        return None;
    }
    let mut digits = [0u8; DIGITS_MAX];
    if bare {
        copy(&mut digits, 0, &input.bytes[at..end])?;
        return (ends_here(input, end) && !in_uuid(input, at) && is_card(&digits[..first]))
            .then_some(Hit {
                start: at,
                end,
                kind: Kind::CARD,
            });
    }
    // Groups with one kind of separator between them.
    let gap = input.run(end, 3, |b| {
        matches!(b, b' ' | b'-' | b'.' | b'_' | b'/' | b'+' | b'\t')
    });
    let separator = &input.bytes[end..gap];
    // Columns of numbers look like that too.
    let spread = separator.len() == 2 || separator == b"\t" || separator == b"   ";
    if separator.is_empty() || (spread && !input.word_before(at, NEAR, &WORDS)) {
        return None;
    }
    let mut groups = [0usize; GROUPS_MAX];
    let (mut count, mut length, mut start, mut stop) = (0, 0, at, end);
    loop {
        let group = stop - start;
        if count == GROUPS_MAX || length + group > DIGITS_MAX {
            return None;
        }
        copy(&mut digits, length, &input.bytes[start..stop])?;
        groups[count] = group;
        count += 1;
        length += group;
        // The longest grouping wins: nothing that goes on with another group ends here.
        let next = stop + separator.len();
        if !input.bytes[stop..].starts_with(separator) || !input.byte(next).is_ascii_digit() {
            break;
        }
        start = next;
        stop = input.run(start, DIGITS_MAX + 1, |b| b.is_ascii_digit());
        if GROUPINGS.contains(&&groups[..count])
            && separator[0] == b' '
            && is_card(&digits[..length])
        {
            // A number follows behind a space: an expiry, an amount.
            stop = start - separator.len();
            break;
        }
    }
    let known = GROUPINGS.contains(&&groups[..count]);
    (known && ends_here(input, stop) && is_card(&digits[..length])).then_some(Hit {
        start: at,
        end: stop,
        kind: Kind::CARD,
    })
}

/// A number that goes on in the next line, when a word says what it is.
fn cut(input: &Input<'_>, at: usize, end: usize) -> Option<Hit> {
    let (from, _) = torn::next(input, end)?;
    let stop = input.run(from, DIGITS_MAX + 1, |b| b.is_ascii_digit());
    let length = (end - at) + (stop - from);
    if stop == from || !(DIGITS_MIN..=DIGITS_MAX).contains(&length) {
        return None;
    }
    let mut digits = [0u8; DIGITS_MAX];
    copy(&mut digits, 0, &input.bytes[at..end])?;
    copy(&mut digits, end - at, &input.bytes[from..stop])?;
    let said = is_card(&digits[..length])
        && !is_inside_something(input, at)
        && ends_here(input, stop)
        && input.word_before(at, NEAR, &WORDS);
    said.then_some(Hit {
        start: at,
        end: stop,
        kind: Kind::CARD,
    })
}

/// True for the digits of an integer that is a card number.
pub(crate) fn is_card_text(text: &str) -> bool {
    let mut digits = [0u8; DIGITS_MAX];
    text.bytes().all(|b| b.is_ascii_digit())
        && copy(&mut digits, 0, text.as_bytes()).is_some()
        && is_card(&digits[..text.len()])
}

fn copy(digits: &mut [u8; DIGITS_MAX], at: usize, text: &[u8]) -> Option<()> {
    let target = digits.get_mut(at..at + text.len())?;
    for (to, from) in target.iter_mut().zip(text) {
        *to = from - b'0';
    }
    Some(())
}

/// Part of a longer number, a decimal fraction, a name, or a hexadecimal run.
fn is_inside_something(input: &Input<'_>, at: usize) -> bool {
    let before = input.before(at);
    // The stripe of a card begins with `%B`.
    let stripe = before == b'B' && at >= 2 && input.byte(at - 2) == b'%';
    before.is_ascii_alphanumeric() && !stripe
        || (matches!(before, b'.' | b'-' | b',') && at >= 2 && input.byte(at - 2).is_ascii_digit())
}

fn ends_here(input: &Input<'_>, end: usize) -> bool {
    let after = input.byte(end);
    if after.is_ascii_alphanumeric() {
        return false;
    }
    !(matches!(after, b'.' | b'-') && input.byte(end + 1).is_ascii_digit())
}

/// True when `at` is in the last group of a UUID, which may be all digits.
fn in_uuid(input: &Input<'_>, at: usize) -> bool {
    input.before(at) == b'-' && at >= 2 && {
        let start = input.run_back(at, 24, |b| b.is_ascii_hexdigit() || b == b'-');
        at - start >= 24
    }
}

fn is_card(digits: &[u8]) -> bool {
    has_brand(digits) && luhn(digits) && digits.iter().any(|d| *d != digits[0])
}

fn has_brand(digits: &[u8]) -> bool {
    let prefix = |n: usize| {
        digits
            .iter()
            .take(n)
            .fold(0u32, |p, d| p * 10 + u32::from(*d))
    };
    match digits.len() {
        13 => digits[0] == 4,
        14 => matches!(prefix(3), 300..=305 | 309) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            digits[0] == 4
                || matches!(prefix(2), 51..=55 | 62 | 65 | 67 | 81 | 36 | 30 | 38)
                || matches!(prefix(4), 2221..=2720 | 3528..=3589 | 6011 | 2200..=2204)
                || matches!(prefix(3), 644..=649)
                || matches!(
                    prefix(4),
                    5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763
                )
        }
        17..=19 => {
            matches!(prefix(2), 62)
                || (digits.len() == 19 && digits[0] == 4)
                || matches!(prefix(4), 6011)
        }
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| match (i % 2, u32::from(*d) * 2) {
            (0, doubled) => doubled / 2,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let input = Input::new(text, "");
        let mut at = 0;
        while at < text.len() {
            let end = input.run(at, usize::MAX, |b| b.is_ascii_digit());
            if end > at {
                if let Some(hit) = find(&input, at, end) {
                    return Some(text[hit.start..hit.end].to_owned());
                }
                at = end;
            }
            at += 1;
        }
        None
    }

    #[test]
    fn cards_of_every_brand_and_grouping() {
        for card in [
            "4111111111111111",
            "5555 5555 5555 4444",
            "2223-0031-2200-3222",
            "3782 822463 10005",
            "6011.1111.1111.1117",
            "3530111333300000",
            "3056 930902 5904",
            "6200000000000005",
            "4222222222222",
            "4111+1111+1111+1111",
        ] {
            let text = format!("card {card}, exp 09/29");
            assert_eq!(found(&text).as_deref(), Some(card));
        }
        for cut in ["card 4111111\n111111111, x", "pan 411111=\r\n1111111111"] {
            assert_eq!(
                found(cut).as_deref(),
                cut.get(if cut.starts_with('c') { 5..22 } else { 4..23 })
            );
        }
        assert_eq!(
            found("%B4111111111111111^DOE/JO^2909101").as_deref(),
            Some("4111111111111111")
        );
        assert_eq!(
            found("4111 1111 1111 1111 0929").as_deref(),
            Some("4111 1111 1111 1111")
        );
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "4111111111111112",
            "0.4111111111111111",
            "1747734600123",
            "1387070181738152025",
            "41111111111111110",
            "a4111111111111111",
            "123e4567-e89b-12d3-a456-411111111111",
            "4111-1111-1111-1111-1111-1111",
            "1111111111111111",
            "4111 11111111 1111",
            "size 4111111\n111111111",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

//! Phone numbers. Bare digits are anything, so one of three things must be there: `+` and
//! separators, the North American form with separators, or a word that says what it is.

use super::super::keys::has_word;
use super::super::kind::Kind;
use super::super::spans::Hit;
use super::{Input, card};

const NEAR: usize = 24;
const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;
/// With the digits that lead abroad.
const NATIONAL_MAX: usize = 14;
const LENGTH_MAX: usize = 24;
const WORDS: [&str; 8] = [
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "fax",
    "whatsapp",
    "msisdn",
];
/// Words that are parts of other names: `SET_VRING_CALL = 2148052769`.
const VERBS: [&str; 5] = ["sms", "call", "dial", "handy", "text me"];
const NAMES: [&str; 12] = [
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "fax",
    "whatsapp",
    "msisdn",
    "phonenumber",
    "cellphone",
    "telefon",
    "sms",
];

/// A phone number whose first run of digits is `at..end`.
pub(crate) fn find(input: &Input<'_>, at: usize, end: usize) -> Option<Hit> {
    let mut start = at;
    if input.before(start) == b'(' {
        start -= 1;
    }
    let plus = input.before(start) == b'+';
    if plus {
        start -= 1;
    }
    let outer = input.before(start);
    if super::is_word(outer) || matches!(outer, b'+' | b'.' | b'#' | b'$') {
        return None;
    }
    if !plus
        && matches!(outer, b'-' | b'/' | b':')
        && start >= 2
        && super::is_word(input.byte(start - 2))
        && outer != b':'
    {
        return None;
    }
    let shape = Shape::read(input, start, end)?;
    let said = || is_said(input, start) || has_word(input.name, &NAMES);
    let accepted = if plus {
        shape.is_international(input, start)
    } else {
        shape.is_north_american() || (shape.is_national() && said())
    };
    accepted.then_some(Hit {
        start,
        end: shape.end,
        kind: Kind::PHONE,
    })
}

/// True when a word before `start` says that it is a phone number.
fn is_said(input: &Input<'_>, start: usize) -> bool {
    let constant = || {
        let sign = input.run_back(start, 2, |b| b == b' ');
        input.before(sign) == b'='
    };
    input.word_before(start, NEAR, &WORDS)
        || (input.word_before(start, NEAR, &VERBS) && !constant())
}

/// True when a number stands under a phone's key.
pub(crate) fn is_phone_number(name: &str, digits: &str) -> bool {
    (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && has_word(name, &NAMES)
}

/// Digits in groups, as far as they look like one number.
struct Shape {
    groups: [usize; 8],
    count: usize,
    digits: usize,
    first: [u8; 8],
    parenthesised: bool,
    /// The separators are all hyphens, parentheses and the space behind these.
    hyphens: bool,
    end: usize,
}

impl Shape {
    fn read(input: &Input<'_>, start: usize, first_end: usize) -> Option<Shape> {
        let mut shape = Shape {
            groups: [0; 8],
            count: 0,
            digits: 0,
            first: [0; 8],
            parenthesised: input.byte(start) == b'(',
            hyphens: true,
            end: first_end,
        };
        let mut at = input.run(start, 2, |b| matches!(b, b'+' | b'('));
        loop {
            let stop = input.run(at, DIGITS_MAX + 1, |b| b.is_ascii_digit());
            if stop == at || shape.count == shape.groups.len() || stop - start > LENGTH_MAX {
                break;
            }
            if shape.digits + (stop - at) > DIGITS_MAX {
                if shape.count < 2 {
                    return None;
                }
                break; // what follows is another number
            }
            // A card behind the number is not its last digits.
            if shape.count > 0 && card::find(input, at, stop).is_some() {
                break;
            }
            if let Some(slot) = shape.first.get_mut(shape.count) {
                *slot = input.byte(at);
            }
            shape.groups[shape.count] = stop - at;
            shape.count += 1;
            shape.digits += stop - at;
            shape.end = stop;
            let separators = input.run(stop, 3, |b| {
                matches!(b, b' ' | b'-' | b'.' | b'(' | b')' | b'/')
            });
            let between = &input.bytes[stop..separators];
            let doubled = between.len() > 1 && !between.iter().any(|b| matches!(b, b'(' | b')'));
            if between.is_empty() || doubled {
                break;
            }
            shape.parenthesised |= between.contains(&b'(') || between.contains(&b')');
            shape.hyphens &= between.iter().all(|b| matches!(b, b'-' | b'(' | b')'))
                || between.contains(&b')')
                || between.contains(&b'(');
            at = separators;
        }
        let after = input.byte(shape.end);
        let goes_on = super::is_word(after)
            || (matches!(after, b'.' | b'-' | b':' | b'/')
                && input.byte(shape.end + 1).is_ascii_digit());
        (!goes_on && shape.digits >= DIGITS_MIN).then_some(shape)
    }

    fn groups(&self) -> &[usize] {
        &self.groups[..self.count]
    }

    /// Area and exchange start with 2 to 9: this keeps `100-200-3000` out.
    fn is_north_american(&self) -> bool {
        let (groups, first) = match self.groups() {
            [1, rest @ ..] => (rest, &self.first[1..]),
            all => (all, &self.first[..]),
        };
        groups == [3, 3, 4]
            && (b'2'..=b'9').contains(&first[0])
            && (b'2'..=b'9').contains(&first[1])
            && (self.hyphens || self.parenthesised)
    }

    fn is_international(&self, input: &Input<'_>, start: usize) -> bool {
        if self.first[0] == b'0' || self.digits < 8 {
            return false;
        }
        if self.count > 1 {
            // `+1.25 -3.5` and sums: the groups of a number are not single digits, but for the first.
            return self.groups()[1..]
                .iter()
                .all(|g| *g >= 2 || self.parenthesised)
                || self.digits >= 10;
        }
        // In a diff the line `+12345678901` adds a number.
        let line_start =
            matches!(input.before(start), b'\n') || start == 0 && input.bytes.contains(&b'\n');
        self.digits >= 10 && self.digits <= 14 && !line_start
    }

    fn is_national(&self) -> bool {
        let years = self.groups() == [4, 4] && self.first[..2].iter().all(|b| b"12".contains(b));
        let date = years || matches!(self.groups(), [4, 2, 2] | [2, 2, 4]);
        // Lists of small numbers have no long group.
        let pairs = self.first[0] == b'0' && self.groups() == [2, 2, 2, 2, 2]; // France
        !date
            && (DIGITS_MIN..=NATIONAL_MAX).contains(&self.digits)
            && (pairs || self.groups().iter().any(|g| *g >= 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(text: &'t str, name: &str) -> Option<&'t str> {
        let input = Input::new(text, name);
        let mut at = 0;
        while at < text.len() {
            let end = input.run(at, usize::MAX, |b| b.is_ascii_digit());
            if end > at {
                if let Some(hit) = find(&input, at, end) {
                    return Some(&text[hit.start..hit.end]);
                }
                at = end;
            }
            at += 1;
        }
        None
    }

    #[test]
    fn phones_in_their_common_forms() {
        for phone in [
            "+1 (415) 555-0158",
            "+61 2 5550 4098",
            "+33 1 99 00 93 77",
            "+49 30 1234567",
            "+442079460958",
            "(415) 555-0158",
            "415-555-0158",
            "1-415-555-0158",
            "+1-415-555-0158",
            "+44 (0)20 7946 0958",
        ] {
            let text = format!("reach me: {phone}, thanks");
            assert_eq!(found(&text, ""), Some(phone));
        }
        assert_eq!(found("phone: 020 7946 0958", ""), Some("020 7946 0958"));
        assert_eq!(found("0612345678", "mobile"), Some("0612345678"));
        assert_eq!(found("001-415-555-0158", "phone"), Some("001-415-555-0158"));
        for phone in ["+49 30 901820", "+1 415 555 0158"] {
            let text = format!("{phone} 4111 1111 1111 1111");
            assert_eq!(found(&text, ""), Some(phone), "a card is behind it");
        }
        for french in ["01 99 00 93 77", "06.39.98.12.34"] {
            assert_eq!(found(french, "phone"), Some(french));
        }
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "100-200-3000",
            "2025-11-03",
            "1747731000",
            "48.858370, 2.294481",
            "12-3456-7890-AB",
            "+0200",
            "123-45-67",
            "192.168.100.200",
            "12 345 6789",
            "x415-555-0158",
            "1.415.555.0158.3",
            "+1234",
            "@@ -12,6 +120,10 @@",
            "555-0158",
            "id 4155550158",
            "2026-0098121",
            "978-0-306-40615-7",
            "01 99 00 93 77",
            "VHOST_SET_VRING_CALL: u32 = 2148052769;",
            "no calls since 2012-2014",
        ] {
            assert_eq!(found(text, ""), None, "{text}");
        }
        assert_eq!(found("a\n+12345678901\n", ""), None);
    }
}

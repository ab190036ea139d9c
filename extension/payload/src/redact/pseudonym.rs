//! Made-up values of the same shape, that say themselves that they are: no detector looks at them
//! again, whichever key made them.
//!
//! An e-mail address is `user-<letters>@k<key>.redacted.invalid`, a card a number that no issuer has
//! and whose check digit is wrong, a phone number one of a country that does not exist, everything
//! else a word, `<kind>-k<key>-<letters>`.

use super::keyed::{Digest, LETTERS};
use super::mask::KIND_MAX;
use crate::interrupt::{self, PIECE};
use std::fmt::Write;

const USER: &str = "user-";
const DOMAIN: &str = ".redacted.invalid";
const PHONE: &str = "+999555";
/// Key and number behind [`PHONE`].
const PHONE_DIGITS: usize = 11;
/// No issuer has numbers that start with it.
const CARD: &str = "9990";
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
const KEY_MAX: usize = 10;
/// None is longer: the word of an own pattern's name, or a card with a separator behind each digit.
const LENGTH_MAX: usize = 128;
/// Farthest that a made-up value reaches beyond a hit in it.
const REACH: usize = 96;

/// Appends the made-up value for `hidden`.
pub(super) fn push(out: &mut String, kind: &str, key: u32, digest: &Digest, hidden: &str) {
    let _ = match kind {
        "email" => write!(out, "{USER}{}@k{key}{DOMAIN}", digest.letters()),
        "phone" => write!(
            out,
            "{PHONE}{:02}{}",
            key % 100,
            digest.digits(PHONE_DIGITS - 2)
        ),
        "card" => {
            push_card(out, key, digest, hidden);
            Ok(())
        }
        _ => write!(out, "{kind}-k{key}-{}", digest.letters()),
    };
}

/// As many digits in the same groups.
fn push_card(out: &mut String, key: u32, digest: &Digest, hidden: &str) {
    let plain = hidden
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-'));
    let count = hidden.bytes().filter(u8::is_ascii_digit).count();
    let count = count.clamp(*CARD_DIGITS.start(), *CARD_DIGITS.end());
    let mut digits = format!(
        "{CARD}{:02}{}",
        key % 100,
        digest.digits(count - CARD.len() - 3)
    );
    // Any last digit but the right one; which it is must not depend on more than the hash.
    let wrong = (0..10)
        .map(|d| format!("{digits}{d}"))
        .find(|d| !luhn(d.as_bytes()));
    if let Some(wrong) = wrong {
        digits = wrong;
    }
    if !plain {
        out.push_str(&digits);
        return;
    }
    let mut next = digits.chars();
    for c in hidden.trim().chars() {
        match c {
            '0'..='9' => out.extend(next.next()),
            other => out.push(other),
        }
    }
    out.extend(next);
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let digit = u32::from(d - b'0') << (i % 2);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// True for a value that is nothing but a made-up one.
pub(super) fn is(value: &str) -> bool {
    let value = value.trim_matches(interrupt::is_space);
    value.len() <= LENGTH_MAX && find(value, 0) == Some((0, value.len()))
}

/// The made-up value that `start..end` is part of, or reaches into. Digits alone say less: of a
/// number it must be part.
pub(super) fn around(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let mut from = start.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = text.len().min(end + REACH);
    while !text.is_char_boundary(to) {
        to += 1;
    }
    if !may_be_in(&text.as_bytes()[from.saturating_sub(1)..to]) {
        return None;
    }
    let window = &text[..to];
    while let Some((at, stop)) = find(window, from).filter(|(at, _)| *at < end) {
        let inside = at <= start && end <= stop;
        if inside || (stop > start && window.as_bytes()[at] != b'9') {
            return Some((at, stop));
        }
        from = stop;
    }
    None
}

/// False for most text: no made-up value is without one of these beginnings.
fn may_be_in(bytes: &[u8]) -> bool {
    const BEGINNING: usize = 4;
    const MANY: usize = PIECE / 16;
    let begins = |[a, b, c, d]: [u8; BEGINNING]| {
        (a == b'u') & (b == b's') & (c == b'e') & (d == b'r')
            | (a == b'+') & (b == b'9') & (c == b'9') & (d == b'9')
            | (a == b'9') & (b == b'9') & (c == b'9') & (d == b'0')
            | (a == b'-') & (b == b'k') & c.is_ascii_digit()
    };
    // Without an early end the compiler compares many at once.
    let holds = |bytes: &[u8]| {
        let from = |at| bytes.iter().skip(at);
        let fours = from(0).zip(from(1)).zip(from(2)).zip(from(3));
        fours.fold(false, |any, (((a, b), c), d)| {
            any | begins([*a, *b, *c, *d])
        })
    };
    let mut rest = bytes;
    while rest.len() > MANY + BEGINNING {
        interrupt::check(MANY);
        // What begins at the end of a piece goes on in the next.
        if holds(&rest[..MANY + BEGINNING]) {
            return true;
        }
        rest = &rest[MANY..];
    }
    holds(rest)
}

/// The next made-up value from byte `from` on.
pub(super) fn find(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let found = |at: usize| match bytes[at] {
        b'u' => email(bytes, at).map(|end| (at, end)),
        b'+' => phone(bytes, at).map(|end| (at, end)),
        b'9' => card(bytes, at).map(|end| (at, end)),
        b'k' => word(bytes, at).filter(|(start, _)| *start >= from),
        _ => None,
    };
    let mut at = from;
    while at < bytes.len() {
        let end = bytes.len().min(at + PIECE);
        if let Some(there) = (at..end).find_map(found) {
            return Some(there);
        }
        interrupt::check(end - at);
        at = end;
    }
    None
}

fn run(bytes: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| belongs(**b)).count()
}

fn letters(bytes: &[u8], at: usize) -> Option<usize> {
    let end = run(bytes, at, |b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
    (end - at == LETTERS).then_some(end)
}

/// `k<key>`
fn key(bytes: &[u8], at: usize) -> Option<usize> {
    let end = run(bytes, at + 1, |b| b.is_ascii_digit());
    (bytes.get(at) == Some(&b'k') && (1..=KEY_MAX).contains(&(end - at - 1))).then_some(end)
}

fn email(bytes: &[u8], at: usize) -> Option<usize> {
    bytes[at..].strip_prefix(USER.as_bytes())?;
    let sign = letters(bytes, at + USER.len())?;
    (bytes.get(sign) == Some(&b'@')).then_some(())?;
    let end = key(bytes, sign + 1)?;
    bytes[end..].strip_prefix(DOMAIN.as_bytes())?;
    Some(end + DOMAIN.len())
}

fn phone(bytes: &[u8], at: usize) -> Option<usize> {
    bytes[at..].strip_prefix(PHONE.as_bytes())?;
    let end = run(bytes, at + PHONE.len(), |b| b.is_ascii_digit());
    (end - at - PHONE.len() == PHONE_DIGITS).then_some(end)
}

fn card(bytes: &[u8], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
    if before.is_ascii_alphanumeric() || matches!(before, b'+' | b'.') {
        return None;
    }
    bytes[at..].strip_prefix(CARD.as_bytes())?;
    let mut digits = Vec::new();
    let mut end = at;
    for (i, byte) in bytes.iter().enumerate().skip(at) {
        match byte {
            b'0'..=b'9' if digits.len() < *CARD_DIGITS.end() => {
                digits.push(*byte);
                end = i + 1;
            }
            b' ' | b'-' if i == end && digits.len() < *CARD_DIGITS.end() => {}
            _ => break,
        }
    }
    let goes_on = bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (!goes_on && CARD_DIGITS.contains(&digits.len()) && !luhn(&digits)).then_some(end)
}

/// A word around the `k` at `at`.
fn word(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let dash = at.checked_sub(1).filter(|i| bytes[*i] == b'-')?;
    let end = key(bytes, at)?;
    (bytes.get(end) == Some(&b'-')).then_some(())?;
    let end = letters(bytes, end + 1)?;
    if bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let kind = bytes[..dash].iter().rev().take(KIND_MAX);
    let length = kind
        .take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || **b == b'-')
        .count();
    let start = dash - length;
    (length > 0 && bytes[start].is_ascii_lowercase()).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::super::keyed::Key;
    use super::*;

    fn made(kind: &str, hidden: &str) -> String {
        let key = Key::new(7, "acme", &[5; 32]).unwrap();
        let mut out = String::new();
        push(&mut out, kind, 7, &key.digest(kind, hidden), hidden);
        out
    }

    #[test]
    fn what_is_made_up_is_recognised_and_of_the_same_shape() {
        for (kind, hidden) in [
            ("email", "jo@example.com"),
            ("card", "4111111111111111"),
            ("card", "4111 1111 1111 1111"),
            ("card", "3782-822463-10005"),
            ("phone", "+1 415 555 0158"),
            ("iban", "GB82WEST12345698765432"),
            ("github-token", "ghp_…"),
        ] {
            let value = made(kind, hidden);
            assert!(is(&value), "{value}");
            let text = format!("see {value}, or");
            assert_eq!(around(&text, 8, 9), Some((4, 4 + value.len())), "{value}");
            assert!(!is(hidden), "{hidden}");
        }
        assert!(made("email", "x").starts_with("user-"));
        assert!(made("email", "x").ends_with("@k7.redacted.invalid"));
        let card = made("card", "4111 1111 1111 1111");
        assert!(card.starts_with("9990 07") && card.len() == 19, "{card}");
        assert!(made("phone", "x").starts_with("+99955507"));
        assert!(made("github-token", "x").starts_with("github-token-k7-"));
    }

    #[test]
    fn what_looks_a_little_like_it_is_not() {
        for value in [
            "user-abcdefghij@redacted.invalid",
            "user-abcdefghi@k1.redacted.invalid",
            "user-abcdefghij@k1.example.com",
            "9990345678",
            "9912345678901234",
            "+9995551234567890",
            "email-k1-abcdefghijk",
            "k1-abcdefghij",
            "4111111111111111",
        ] {
            assert!(!is(value), "{value}");
        }
        assert_eq!(around("jo@example.com email-k1-abcdefghij", 0, 14), None);
        let iban = "SE62 9990 9964 9463 9502 1338";
        assert_eq!(around(iban, 0, iban.len()), None);
    }
}

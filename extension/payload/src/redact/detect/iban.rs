//! IBAN: country, its length, and the two check digits (ISO 7064, modulo 97).

use super::super::keys::has_word;
use super::super::kind::Kind;
use super::super::spans::Hit;
use super::Input;

/// Lengths by country, from the SWIFT registry.
const LENGTHS: [(&[u8; 2], usize); 88] = [
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
];
const NEAR: usize = 40;
const WORDS: [&str; 6] = ["iban", "account", "bank", "wire", "transfer", "konto"];

/// An IBAN whose check digits begin the run of digits `at..end`.
pub(crate) fn find(input: &Input<'_>, at: usize, end: usize) -> Option<Hit> {
    if at < 2 || end - at < 2 {
        return None;
    }
    let start = at - 2;
    if !input.byte(start).is_ascii_alphabetic() || !input.byte(start + 1).is_ascii_alphabetic() {
        return None;
    }
    let country = [
        input.byte(start).to_ascii_uppercase(),
        input.byte(start + 1).to_ascii_uppercase(),
    ];
    let (_, length) = LENGTHS.iter().find(|(code, _)| **code == country)?;
    if input.before(start).is_ascii_alphanumeric() {
        return None;
    }
    let lower = input.byte(start).is_ascii_lowercase();
    if lower && !has_word(input.name, &["iban"]) && !input.word_before(start, NEAR, &WORDS) {
        return None;
    }
    // Written in one piece, or in groups of four with one kind of separator: not a UUID's end.
    let separator = Some(input.byte(start + 4)).filter(|b| matches!(b, b' ' | b'-' | b'.'));
    let (mut stop, mut taken, mut remainder, mut head) = (start, 0, 0u32, [0u8; 4]);
    while taken < *length {
        if let Some(separator) = separator
            && taken > 0
            && taken % 4 == 0
        {
            if input.byte(stop) != separator {
                return None;
            }
            stop += 1;
        }
        let byte = input.byte(stop).to_ascii_uppercase();
        if byte.is_ascii_alphanumeric() {
            match head.get_mut(taken) {
                Some(slot) => *slot = byte,
                None => remainder = step(remainder, byte),
            }
            taken += 1;
        } else {
            return None;
        }
        stop += 1;
    }
    if input.byte(stop).is_ascii_alphanumeric() {
        return None;
    }
    let remainder = head.iter().fold(remainder, |r, b| step(r, *b));
    (remainder == 1).then_some(Hit {
        start,
        end: stop,
        kind: Kind::IBAN,
    })
}

/// Letters count as 10 to 35.
fn step(remainder: u32, byte: u8) -> u32 {
    if byte.is_ascii_digit() {
        (remainder * 10 + u32::from(byte - b'0')) % 97
    } else {
        (remainder * 100 + u32::from(byte - b'A') + 10) % 97
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let input = Input::new(text, "");
        let at = text.find(|c: char| c.is_ascii_digit())?;
        let end = input.run(at, usize::MAX, |b| b.is_ascii_digit());
        find(&input, at, end).map(|hit| &text[hit.start..hit.end])
    }

    #[test]
    fn ibans_in_one_piece_and_in_groups() {
        for iban in [
            "GB82WEST12345698765432",
            "DE89 3704 0044 0532 0130 00",
            "NO9386011117947",
            "fr1420041010050500013m02606",
        ] {
            assert_eq!(found(&format!("wire to {iban} ref")), Some(iban));
        }
    }

    #[test]
    fn wrong_check_digits_and_longer_words_stay() {
        for text in [
            "GB83WEST12345698765432",
            "XX82WEST12345698765432",
            "aGB82WEST12345698765432",
            "GB82WEST123456987654321",
            "DE89 3704",
            "be437104-4a61-49d9-a594",
            "id be60-e6bf5374976b",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

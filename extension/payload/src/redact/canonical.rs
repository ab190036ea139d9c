//! What a value is, whoever wrote it: `4111 1111…` and `4111-1111…` are one card.

use super::detect::{Input, email, number};
use super::kind::Kind;
use super::policy::{Active, Detector};
use super::spans::Hits;
use super::view::View;
use crate::interrupt;
use std::borrow::Cow;

/// Longest value that is looked at for being an address or a number as a whole.
const WHOLE_MAX: usize = 320;

/// The spelling that a keyed hash is made of. Look-alikes and escapes are read as what they stand for.
pub(super) fn canonical<'v>(kind: &str, value: &'v str) -> Cow<'v, str> {
    // Tokens and passwords: every byte counts.
    if !matches!(kind, "email" | "card" | "iban" | "phone" | "ssn" | "ip") {
        return Cow::Borrowed(value);
    }
    let view = View::of(value);
    let read = view.as_ref().map_or(value, View::text);
    Cow::Owned(match kind {
        "email" => read.trim().to_lowercase(),
        "ip" => match read.parse::<std::net::IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => read.to_lowercase(),
        },
        _ => read
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_uppercase)
            .collect(),
    })
}

/// What the whole of a value is, when a path or a key names it: an e-mail address is the same one
/// wherever it stands.
pub(super) fn whole(value: &str, name: &str) -> Option<Kind> {
    let read = value.trim_matches(interrupt::is_space);
    if read.len() > WHOLE_MAX || read.is_empty() {
        return None;
    }
    let input = Input::new(read, name);
    let mut hits = Hits::default();
    if read.contains('@') {
        let signs: Vec<u32> = (0..)
            .zip(read.bytes())
            .filter(|(_, b)| *b == b'@')
            .map(|(at, _)| at)
            .collect();
        email::scan(&input, &signs, &mut hits);
    } else {
        let all = [
            Detector::Iban,
            Detector::Ssn,
            Detector::Card,
            Detector::Phone,
            Detector::Ip,
        ];
        let digit = |at: usize| read.as_bytes()[at].is_ascii_digit();
        let starts = (0..read.len()).filter(|at| digit(*at) && (*at == 0 || !digit(at - 1)));
        let starts: Vec<u32> = starts.map(|at| at as u32).collect();
        number::scan(&input, Active::of(&all), &starts, &mut hits);
    }
    hits.single()
        .filter(|hit| hit.start == 0 && hit.end == read.len())
        .map(|hit| hit.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_value_are_one() {
        for (kind, one, other) in [
            ("email", "Jo@Example.COM", "jo@example.com"),
            ("email", "jo%40example.com", "jo@example.com"),
            ("email", "jo＠example.com", "jo@example.com"),
            ("card", "4111 1111 1111 1111", "4111-1111-1111-1111"),
            (
                "iban",
                "gb82 west 1234 5698 7654 32",
                "GB82WEST12345698765432",
            ),
            ("phone", "+1 (415) 555-0158", "+1 415 555 0158"),
            ("ip", "2001:DB8:0::1", "2001:db8::1"),
        ] {
            assert_eq!(canonical(kind, one), canonical(kind, other), "{kind}");
        }
        assert_ne!(canonical("key", "Secret"), canonical("key", "secret"));
    }

    #[test]
    fn a_whole_value_is_known_by_its_shape() {
        assert_eq!(whole("jo@example.com", ""), Some(Kind::EMAIL));
        assert_eq!(whole(" 4111 1111 1111 1111 ", ""), Some(Kind::CARD));
        assert_eq!(whole("GB82WEST12345698765432", ""), Some(Kind::IBAN));
        assert_eq!(whole("write to jo@example.com", ""), None);
        assert_eq!(whole("hunter2", ""), None);
    }
}

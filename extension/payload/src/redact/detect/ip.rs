//! Public IP addresses. Private and loopback ones tell nothing; versions look the same and stay.

use super::super::keys::has_word;
use super::super::kind::Kind;
use super::super::spans::{Hit, Hits};
use super::Input;
use crate::interrupt::{self, PIECE};
use std::net::{Ipv4Addr, Ipv6Addr};

const V4_MAX: usize = 15;
const V6_MAX: usize = 45;
const VERSION_WORDS: [&str; 18] = [
    "version", "ver", "v", "driver", "release", "build", "firmware", "upgrade", "chrome",
    "revision", "section", "chapter", "clause", "oid", "git", "kernel", "linux", "openssl",
];

/// An IPv4 address whose first octet is `at..end`.
pub(crate) fn find_v4(input: &Input<'_>, at: usize, end: usize) -> Option<Hit> {
    if end - at > 3 || input.byte(end) != b'.' || !input.byte(end + 1).is_ascii_digit() {
        return None;
    }
    let stop = input.run(at, V4_MAX + 1, |b| b.is_ascii_digit() || b == b'.');
    let stop = stop
        - input.bytes[at..stop]
            .iter()
            .rev()
            .take_while(|b| **b == b'.')
            .count();
    let address: Ipv4Addr = input.text[at..stop].parse().ok()?;
    if super::is_word(input.byte(stop)) || is_version(input, at, stop) || !is_public(address) {
        return None;
    }
    Some(Hit {
        start: at,
        end: stop,
        kind: Kind::IP,
    })
}

fn is_version(input: &Input<'_>, at: usize, stop: usize) -> bool {
    let before = input.before(at);
    let outer = at.checked_sub(2).map_or(b' ', |i| input.byte(i));
    // `Chrome/126.0.6478.127`, `tool-1.2.3.4.tar.gz`, `>=1.2.3.4`; but `http://1.2.3.4/`.
    let joined = match before {
        b'/' => outer != b'/' && !outer.is_ascii_whitespace(),
        b'-' | b'_' | b'+' => super::is_word(outer),
        b'=' => matches!(outer, b'=' | b'>' | b'<' | b'~' | b'!' | b'^'),
        b'<' => outer.is_ascii_whitespace() && input.byte(stop) != b'>',
        // `<1.2.3.4>` and `~1.2.3.4~` only set it off.
        b'~' => input.byte(stop) != b'~',
        b'.' | b'^' => true,
        b'@' => {
            !input.word_before(at, 40, &["ssh", "scp", "rsync", "sftp"])
                && outer.is_ascii_lowercase()
                && input.byte(stop) != b':'
        }
        b => super::is_word(b),
    };
    let name = input.run_back(at, 4, |b| {
        matches!(b, b' ' | b':' | b'=' | b'"' | b'\'' | b'(')
    });
    let word = input.run_back(name, 24, |b| b.is_ascii_alphabetic());
    let said = VERSION_WORDS.iter().any(|w| {
        input
            .text
            .get(word..name)
            .is_some_and(|t| t.eq_ignore_ascii_case(w) || *w == "version" && t.ends_with("ersion"))
    });
    joined || said || has_word(input.name, &["version", "ver", "build", "firmware"])
}

fn is_public(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || shared
        || first == 0
        || first >= 240)
}

/// Looks at every colon for an IPv6 address around it.
pub(crate) fn scan_v6(input: &Input<'_>, hits: &mut Hits) {
    let belongs = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
    let mut at = 0;
    while at < input.bytes.len() {
        let piece = &input.bytes[at..input.bytes.len().min(at + PIECE)];
        let found = piece.iter().position(|b| *b == b':');
        interrupt::check(found.unwrap_or(piece.len()) + V6_MAX);
        let Some(found) = found else {
            at += piece.len();
            continue;
        };
        let colon = at + found;
        let start = input.run_back(colon, 4, |b| b.is_ascii_hexdigit()).max(at);
        let mut end = input.run(start, V6_MAX + 1, belongs);
        at = end.max(colon + 1);
        while end > start
            && (input.bytes[end - 1] == b'.'
                || (input.bytes[end - 1] == b':' && input.byte(end.wrapping_sub(2)) != b':'))
        {
            end -= 1;
        }
        if is_v6(input, start, end) {
            hits.push(start, end, Kind::IP);
        }
    }
}

fn is_v6(input: &Input<'_>, start: usize, end: usize) -> bool {
    let text = &input.text[start..end];
    if text.len() < 6
        || super::is_word(input.before(start))
        || super::is_word(input.byte(end))
        || matches!(input.before(start), b':' | b'.')
    {
        return false;
    }
    // `ab::cd` is code, `00:11:22:33:44:55:66:77` a hardware address.
    let groups = text.split(':').filter(|g| !g.is_empty());
    let (mut count, mut digits, mut longest) = (0, 0, 0);
    for group in groups {
        count += 1;
        digits += usize::from(group.bytes().any(|b| b.is_ascii_digit()));
        longest = longest.max(group.len());
    }
    if count < 3 && digits < 2 || longest < 3 {
        return false;
    }
    let Ok(address) = text.parse::<Ipv6Addr>() else {
        return false;
    };
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public(mapped);
    }
    let head = address.segments()[0];
    // Unspecified and loopback, unique local, link local, multicast.
    !(head == 0 || head & 0xFE00 == 0xFC00 || head & 0xFFC0 == 0xFE80 || head & 0xFF00 == 0xFF00)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> bool {
        let input = Input::new(text, "");
        let mut hits = Hits::default();
        scan_v6(&input, &mut hits);
        let v4 = (0..text.len()).any(|at| {
            let end = input.run(at, 4, |b| b.is_ascii_digit());
            end > at && !input.before(at).is_ascii_digit() && find_v4(&input, at, end).is_some()
        });
        v4 || !hits.is_empty()
    }

    #[test]
    fn public_addresses() {
        for text in [
            "from 203.0.113.9:443",
            "http://8.8.8.8/x",
            "ip=192.0.2.164.",
            "1018,2001:db8:b416:d3a0::3c81,x",
            "[2606:4700:4700::1111]:443",
            "2001:db8:1:2:3:4:5:6789",
        ] {
            assert!(found(text), "{text}");
        }
    }

    #[test]
    fn versions_times_code_and_private_addresses_stay() {
        for text in [
            "Chrome/126.0.64.127",
            "10.0.0.5",
            "127.0.0.1",
            "192.168.1.1",
            "version 1.2.3.4",
            "\"version\": \"12.34.56.78\"",
            "v1.2.3.4",
            "see section 15.5.4.11",
            "OID 2.5.29.99",
            "tool-1.2.3.4.tar.gz",
            "1.2.3.4.5",
            "31.0.15.5222",
            "12:34:56",
            "std::dec::abc",
            "a::b::c()",
            "::1",
            "fe80::1234:5678",
            "00:1a:2b:3c:4d:5e",
            "00:11:22:33:44:55:66:77",
            "dead::beef()",
        ] {
            assert!(!found(text), "{text}");
        }
    }
}

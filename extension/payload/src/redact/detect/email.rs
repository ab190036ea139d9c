//! E-mail addresses.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::{Input, spelled, torn};
use crate::interrupt;

pub(super) const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 253;
pub(super) const LABEL_MAX: usize = 63;

/// Ends of what looks like a domain but is a file, a systemd unit or a host of the local network.
const NOT_TLDS: [&str; 47] = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "cjs", "ts", "tsx", "jsx",
    "css", "scss", "html", "json", "yaml", "yml", "toml", "lock", "txt", "log", "xml", "sql",
    "tar", "gz", "tgz", "whl", "py", "rs", "go", "java", "rb", "cpp", "tool", "func", "args",
    "self", "node", "service", "socket", "timer", "target", "mount", "path", "local",
];
/// Longer ends that are domains: other long words behind a dot are names in code.
const LONG_TLDS: [&str; 44] = [
    "museum",
    "travel",
    "online",
    "store",
    "cloud",
    "email",
    "agency",
    "support",
    "world",
    "group",
    "global",
    "health",
    "studio",
    "digital",
    "network",
    "academy",
    "systems",
    "solutions",
    "services",
    "company",
    "center",
    "energy",
    "finance",
    "international",
    "photography",
    "design",
    "media",
    "space",
    "website",
    "invalid",
    "example",
    "internal",
    "tools",
    "software",
    "security",
    "events",
    "school",
    "church",
    "legal",
    "consulting",
    "london",
    "berlin",
    "capital",
    "technology",
];
const SHORT_TLD_MAX: usize = 4;

/// Mailboxes of machines.
const NOBODY: [&str; 6] = [
    "git",
    "noreply",
    "no-reply",
    "donotreply",
    "do-not-reply",
    "mailer-daemon",
];

/// Looks at every `@`.
pub(crate) fn scan(input: &Input<'_>, signs: &[u32], hits: &mut Hits) {
    let mut at = 0;
    for sign in signs.iter().map(|sign| *sign as usize) {
        interrupt::check(interrupt::VALUE);
        if sign < at || sign > 0 && hits.covers(sign - 1) {
            continue;
        }
        match around(input, sign) {
            Some((start, end)) => {
                if !in_authority(input, start) && !is_remote(input, start, sign, end) {
                    hits.push(start, end, Kind::EMAIL);
                    at = end;
                }
            }
            // `name@host[.]org`
            None => spelled::find(input, sign, sign + 1, hits),
        }
    }
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._%+'-!#$&*/=?^`{|}~".contains(&byte)
}

/// What may begin or end a local part: the rest of [`is_local`] is more often punctuation around.
pub(super) fn is_local_edge(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Latin letters with accents; letters of scripts without spaces are the neighbours of an address.
fn is_latin(c: char) -> bool {
    matches!(c, '\u{C0}'..='\u{24F}')
}

/// The address whose `@` is at `sign`.
fn around(input: &Input<'_>, sign: usize) -> Option<(usize, usize)> {
    let start = local(input, sign);
    if start == sign || input.before(sign) == b'.' {
        return None;
    }
    let end = domain(input, sign + 1).or_else(|| cut_domain(input, sign + 1))?;
    Some((start, end))
}

/// Start of the local part that ends at `sign`.
fn local(input: &Input<'_>, sign: usize) -> usize {
    if input.before(sign) >= 0x80 {
        // A name in another script; where its neighbours begin cannot be told.
        let name = input.text[..sign].char_indices().rev().take(LOCAL_MAX);
        return name
            .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+'))
            .last()
            .map_or(sign, |(at, _)| at);
    }
    let mut start = input.run_back(sign, LOCAL_MAX, is_local);
    // Of `key=value/name` the name: addresses with these characters are rare, such text is not.
    let rare = |b: &u8| b"=/{}|?&'`*#!$".contains(b);
    if let Some(cut) = input.bytes[start..sign].iter().rposition(rare) {
        // An apostrophe inside a name is a letter of it.
        let at = start + cut;
        let name = input.byte(at) == b'\''
            && at > start
            && input.byte(at - 1).is_ascii_alphabetic()
            && input.byte(at + 1).is_ascii_alphabetic();
        start = if name {
            input.run_back(at, LOCAL_MAX, is_local_edge)
        } else {
            at + 1
        };
    }
    while start < sign && !is_local_edge(input.byte(start)) {
        start += 1;
    }
    let accented = input.text[..start]
        .chars()
        .next_back()
        .is_some_and(is_latin);
    if accented {
        let word = input.text[..start].char_indices().rev().take(LOCAL_MAX);
        let more = word.take_while(|(_, c)| is_latin(*c) || c.is_ascii_alphanumeric());
        start = more.last().map_or(start, |(at, _)| at);
    }
    start
}

/// End of a domain at `at`: labels with letters in the last one.
fn domain(input: &Input<'_>, at: usize) -> Option<usize> {
    let length: usize = input.text[at..]
        .chars()
        .take(DOMAIN_MAX)
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.') || is_latin(*c))
        .map(char::len_utf8)
        .sum();
    // A sentence may end behind it.
    let name = input.text[at..at + length].trim_end_matches(['.', '-']);
    let mut labels = name.split('.');
    let last = labels.next_back()?;
    let mut count = 0;
    for label in labels {
        if label.is_empty()
            || label.len() > LABEL_MAX
            || label.starts_with('-')
            || label.ends_with('-')
        {
            return None;
        }
        count += 1;
    }
    let known = |list: &[&str]| list.iter().any(|t| last.eq_ignore_ascii_case(t));
    let international = last.starts_with("xn--");
    let real = count > 0
        && last.len() >= 2
        && (last.bytes().all(|b| b.is_ascii_alphabetic()) || international)
        && (last.len() <= SHORT_TLD_MAX || international || known(&LONG_TLDS))
        && !known(&NOT_TLDS);
    real.then_some(at + name.len())
}

/// End of a domain that goes on in the next line.
fn cut_domain(input: &Input<'_>, at: usize) -> Option<usize> {
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let cut = input.run(at, DOMAIN_MAX, belongs);
    let (from, _) = torn::next(input, cut)?;
    let end = input.run(from, DOMAIN_MAX, belongs);
    let end = input.run_back(end, end - from, |b| matches!(b, b'.' | b'-'));
    // A file, a path or a command is more likely there.
    let name = &input.text[from..end];
    let begins = cut == at || input.byte(at).is_ascii_alphanumeric();
    let (rest, tld) = name.rsplit_once('.')?;
    let whole = !rest.is_empty() || input.before(cut).is_ascii_alphanumeric();
    let ends = !matches!(input.byte(end), b'/' | b':' | b'_' | b'@' | b'(');
    (begins && spelled::is_tld(tld) && whole && ends).then_some(end)
}

/// The user of a URL: what is secret there is the password, and `://` finds it.
fn in_authority(input: &Input<'_>, start: usize) -> bool {
    let from = input.run_back(start, LOCAL_MAX * 2, |b| {
        !b.is_ascii_whitespace() && !matches!(b, b'/' | b'"' | b'\'' | b'<' | b'>' | b',' | b'(')
    });
    input.bytes[..from].ends_with(b"://")
}

/// `git@host:path`, and mailboxes that belong to nobody.
fn is_remote(input: &Input<'_>, start: usize, sign: usize, end: usize) -> bool {
    let local = &input.text[start..sign];
    if NOBODY.iter().any(|n| local.eq_ignore_ascii_case(n)) {
        return true;
    }
    let next = input.byte(end + 1);
    let remote =
        input.byte(end) == b':' && (next.is_ascii_alphabetic() || matches!(next, b'/' | b'~'));
    // `Name <a@b.org>:text` is an address; `a@b.org:dir/file` is a copy over ssh.
    remote && {
        let stop = input.run(end + 1, 200, |b| {
            !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b',' | b';')
        });
        input.bytes[end + 1..stop].contains(&b'/') || input.bytes[end + 1..stop].ends_with(b".git")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let input = Input::new(text, "");
        let mut hits = Hits::default();
        let signs: Vec<u32> = text.match_indices('@').map(|(at, _)| at as u32).collect();
        scan(&input, &signs, &mut hits);
        hits.iter().map(|h| &text[h.start..h.end]).collect()
    }

    #[test]
    fn addresses() {
        for (text, address) in [
            ("contact=a.b+c@eu.example.net; plan", "a.b+c@eu.example.net"),
            ("Name <jo_e@example.com>.", "jo_e@example.com"),
            ("mail x-1@sub.example.co.uk.", "x-1@sub.example.co.uk"),
            ("写信给lee@example.cn吧", "lee@example.cn"),
            ("'o.k@example.org'", "o.k@example.org"),
        ] {
            assert_eq!(found(text), [address], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for text in [
            "react@18.3.1",
            "@scope/pkg@1.2.3",
            "git@github.com:org/repo.git",
            "deploy@host.example.com:srv/app",
            "icon@2x.png",
            "getty@tty1.service",
            "@app.route",
            "actions/checkout@v4",
            "a@b",
            "https://me@example.com/x",
            "user:pw@",
            "noreply@example.com",
            "foo@sha256:abc",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}

//! `.pgpass` lines: `host:port:database:user:password`, found by the port.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::is_placeholder;
use super::Input;

/// Ports that PostgreSQL and its poolers listen on; `:*:` is any.
pub(crate) const PORTS: [&str; 4] = [":5432:", ":5433:", ":6432:", ":5434:"];
const FIELD_MAX: usize = 256;

/// A line whose port field is `at..end`, colons included.
pub(crate) fn find(input: &Input<'_>, at: usize, end: usize, hits: &mut Hits) {
    let in_field =
        |b: u8| !b.is_ascii_whitespace() && !matches!(b, b':' | b'"' | b'\'' | b'/' | b'`' | b',');
    let host = input.run_back(at, FIELD_MAX, in_field);
    let line = matches!(
        input.before(host),
        b'\n' | b' ' | b'"' | b'\'' | b'\\' | b'n'
    );
    if !line {
        return;
    }
    let database = input.run(end, FIELD_MAX, in_field);
    let user = input.run(database + 1, FIELD_MAX, in_field);
    let start = user + 1;
    let stop = input.run(start, FIELD_MAX, |b| {
        !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'`')
    });
    let filled = host < at && end < database && database + 1 < user && start < stop;
    if filled
        && input.byte(database) == b':'
        && input.byte(user) == b':'
        && !is_placeholder(&input.text[start..stop])
    {
        hits.push(start, stop, Kind::ASSIGNMENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_field() {
        for (text, secret) in [
            (
                "db.example.net:5432:orders:app:w1nter:Moss\n",
                Some("w1nter:Moss"),
            ),
            ("*:5432:*:app:pw", Some("pw")),
            ("listening on 0.0.0.0:5432: ok", None),
            ("db:5432:orders", None),
        ] {
            let mut hits = Hits::default();
            let at = text.find(":5432:").unwrap();
            find(&Input::new(text, ""), at, at + 6, &mut hits);
            assert_eq!(
                hits.iter().next().map(|h| &text[h.start..h.end]),
                secret,
                "{text}"
            );
        }
    }
}

//! Parameters whose names are secret only in a URL: `key`, `sig`, `code`.

use super::super::kind::Kind;
use super::super::runs::Run;
use super::super::spans::Hits;
use super::super::values::{is_opaque, is_placeholder};
use super::Input;

/// Ends of names with their `=`, and how random a value must be: its least length.
pub(crate) const NAMES: [(&str, usize); 14] = [
    ("key=", 12),
    ("sig=", 6),
    ("signature=", 6),
    ("code=", 10),
    ("auth=", 8),
    ("credential=", 6),
    ("sid=", 12),
    ("session=", 12),
    ("sessionid=", 12),
    ("session_id=", 12),
    ("otp=", 6),
    ("hmac=", 12),
    ("ticket=", 10),
    ("assertion=", 10),
];
const NAME_MAX: usize = 40;
const VALUE_MAX: usize = 4_096;
/// Of a long value this much says whether it is random.
const LOOK_MAX: usize = 256;

/// A parameter whose name ends with the `=` at `end - 1`.
pub(crate) fn find(input: &Input<'_>, word: usize, end: usize, least: usize, hits: &mut Hits) {
    let start = input.run_back(word, NAME_MAX, |b| {
        super::is_word(b) || matches!(b, b'-' | b'.')
    });
    let opened = matches!(input.before(start), b'?' | b'&' | b';' | b'#');
    let whole = start == word || matches!(input.before(word), b'_' | b'-');
    if !opened || !whole {
        return;
    }
    let stop = hits.runs.end(input, Run::Parameter, end, VALUE_MAX, |b| {
        !b.is_ascii_whitespace()
            && !matches!(
                b,
                b'&' | b'#'
                    | b'"'
                    | b'\''
                    | b'<'
                    | b'>'
                    | b'`'
                    | b')'
                    | b']'
                    | b'}'
                    | b'\\'
                    | b','
                    | b';'
            )
    });
    let value = &input.text[end..stop];
    let random = if least <= 6 {
        value.len() >= least
    } else {
        is_opaque(&value[..value.floor_char_boundary(LOOK_MAX)], least)
    };
    if random && !is_placeholder(value) && !value.contains(['{', '$']) {
        hits.push(end, stop, Kind::URL_SECRET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let mut hits = Hits::default();
        for (name, least) in NAMES {
            if let Some(at) = text.to_ascii_lowercase().find(name) {
                find(&Input::new(text, ""), at, at + name.len(), least, &mut hits);
            }
        }
        hits.iter().next().map(|h| &text[h.start..h.end])
    }

    #[test]
    fn secrets_of_queries() {
        for (text, secret) in [
            (
                "https://m.example.com/g?lat=4&key=BgQsjMRNLqbTlOYMekfPdkUWNYUHr&lang=fr",
                "BgQsjMRNLqbTlOYMekfPdkUWNYUHr",
            ),
            ("https://x/y?sv=1&sig=abc%2Bdef%3D&se=2", "abc%2Bdef%3D"),
            ("https://x/cb?code=4ac8fd21be90ff&state=1", "4ac8fd21be90ff"),
            ("https://s3/x?X-Amz-Signature=deadbeef01&a=b", "deadbeef01"),
        ] {
            assert_eq!(found(text), Some(secret), "{text}");
        }
    }

    #[test]
    fn other_parameters_stay() {
        for text in [
            "/x?key=name&y=1",
            "cache miss key=item:509:v2",
            "/x?code=404",
            "/x?sortkey=a8f3kd93kd02kd93kf84",
            "/x?key=${KEY_1234567890}",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

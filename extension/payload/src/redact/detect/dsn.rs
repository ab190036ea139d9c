//! Addresses of databases that are no URLs: `user:password@tcp(host)` of Go, `user/password@host`
//! of Oracle.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::is_placeholder;
use super::Input;

/// What stands behind the password in Go.
pub(crate) const NETWORKS: [&str; 2] = ["@tcp(", "@unix("];
/// What Oracle's addresses stand behind.
pub(crate) const ORACLE: [&str; 6] = [
    "jdbc:oracle:thin:",
    "jdbc:oracle:oci:",
    "sqlplus ",
    "impdp ",
    "expdp ",
    "sqlldr ",
];
const USER_MAX: usize = 64;
const PASSWORD_MAX: usize = 128;
const OPTIONS_MAX: usize = 4;

/// The password whose `@` is at `at`.
pub(crate) fn find_network(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let start = input.run_back(at, USER_MAX + PASSWORD_MAX, |b| {
        !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'`' | b'=' | b'/')
    });
    let Some(colon) = input.bytes[start..at].iter().position(|b| *b == b':') else {
        return;
    };
    hide(input, start + colon + 1, at, hits);
}

/// The password in the first word with a slash from `at` on.
pub(crate) fn find_oracle(input: &Input<'_>, mut at: usize, hits: &mut Hits) {
    for _ in 0..OPTIONS_MAX {
        at = input.run(at, 4, |b| matches!(b, b' ' | b'"' | b'\''));
        let user = input.run(at, USER_MAX, |b| super::is_word(b) || b"$#-".contains(&b));
        if input.byte(user) == b'/' && user > at {
            let end = input.run(user + 1, PASSWORD_MAX, |b| {
                !b.is_ascii_whitespace() && !matches!(b, b'@' | b'"' | b'\'' | b'`' | b'/' | b'<')
            });
            return hide(input, user + 1, end, hits);
        }
        if input.byte(at) != b'-' {
            return;
        }
        at = user;
    }
}

fn hide(input: &Input<'_>, start: usize, end: usize, hits: &mut Hits) {
    let value = &input.text[start..end];
    if !is_placeholder(value) && !value.starts_with(['$', '{', '%']) && !value.contains('{') {
        hits.push(start, end, Kind::URL_PASSWORD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let input = Input::new(text, "");
        let mut hits = Hits::default();
        for network in NETWORKS {
            if let Some(at) = text.find(network) {
                find_network(&input, at, &mut hits);
            }
        }
        for word in ORACLE {
            if let Some(at) = text.find(word) {
                find_oracle(&input, at + word.len(), &mut hits);
            }
        }
        hits.iter().next().map(|h| &text[h.start..h.end])
    }

    #[test]
    fn passwords() {
        for (text, password) in [
            ("DSN=\"app:s3cret@tcp(db:3306)/orders\"", "s3cret"),
            ("app:s3:cret@unix(/tmp/m.sock)/x", "s3:cret"),
            ("jdbc:oracle:thin:scott/tiger9@db:1521/ORCL", "tiger9"),
            ("jdbc:oracle:thin:scott/tiger9@//db:1521/ORCL", "tiger9"),
            ("sqlplus -s scott/tiger9@ORCL", "tiger9"),
            ("impdp system/tiger9 dumpfile=x", "tiger9"),
        ] {
            assert_eq!(found(text), Some(password), "{text}");
        }
    }

    #[test]
    fn others_stay() {
        for text in [
            "app@tcp(db:3306)/orders",
            "app:%s@tcp(%s)/orders",
            "%s:${PW}@tcp(db)/x",
            "jdbc:oracle:thin:@db:1521:orcl",
            "sqlplus /nolog",
            "sqlplus $USER/$PW@db",
            "sqlplus / as sysdba",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

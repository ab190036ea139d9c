//! Hashed passwords (crypt, bcrypt, argon2, Apache): offline guessing makes them passwords.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::Input;

/// Prefixes, and the fewest bytes behind each.
pub(crate) const PREFIXES: [(&str, usize); 12] = [
    ("$2a$", 50),
    ("$2b$", 50),
    ("$2y$", 50),
    ("$1$", 24),
    ("$5$", 40),
    ("$6$", 80),
    ("$y$", 40),
    ("$apr1$", 22),
    ("$argon2", 40),
    ("$scrypt$", 40),
    ("pbkdf2_sha256$", 40),
    ("scram-sha-256$", 60),
];
const LENGTH_MAX: usize = 300;

/// A hash that starts with a prefix at `at` whose least length is `least`.
pub(crate) fn find(input: &Input<'_>, at: usize, least: usize, hits: &mut Hits) {
    let end = input.run(at, LENGTH_MAX, |b| {
        b.is_ascii_alphanumeric() || b"$./+=,-_:".contains(&b)
    });
    // In shadow and htpasswd files other fields follow behind a colon; SCRAM uses it inside.
    let fields = if input.byte(at) == b'$' {
        input.bytes[at..end]
            .iter()
            .position(|b| *b == b':')
            .map_or(end, |p| at + p)
    } else {
        end
    };
    if fields - at >= least {
        hits.push(at, fields, Kind::PASSWORD_HASH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_but_not_shell_positions() {
        let bcrypt = concat!(
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9",
            "/PgBkqquzi.Ss7KIUgO2t0jWMUW"
        );
        let text = format!("root:{bcrypt}:19000:0");
        let input = Input::new(&text, "");
        let mut hits = Hits::default();
        find(&input, 5, 50, &mut hits);
        let hit = hits.iter().next().unwrap();
        assert_eq!(&text[hit.start..hit.end], bcrypt);
        hits.clear();
        find(&Input::new("echo $1$2", ""), 5, 24, &mut hits);
        assert!(hits.is_empty());
    }
}

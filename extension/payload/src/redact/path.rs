//! Where a value stands. A path lives on the walker's stack and becomes text only for a finding.

use std::fmt;

/// Bytes of a key that a path shows.
const KEY_MAX: usize = 128;

#[derive(Clone, Copy)]
pub(crate) struct Path<'p> {
    up: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
    /// Into a string that is JSON.
    Json,
}

impl<'p> Path<'p> {
    pub const ROOT: Path<'static> = Path {
        up: None,
        step: Step::Root,
    };

    pub fn key(&'p self, key: &'p str) -> Path<'p> {
        self.then(Step::Key(key))
    }

    pub fn index(&'p self, index: usize) -> Path<'p> {
        self.then(Step::Index(index))
    }

    pub fn json(&'p self) -> Path<'p> {
        self.then(Step::Json)
    }

    fn then(&'p self, step: Step<'p>) -> Path<'p> {
        Path {
            up: Some(self),
            step,
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Recursion is bounded by MAX_DEPTH and the nesting of JSON in strings.
        if let Some(up) = self.up {
            up.fmt(f)?;
        }
        match self.step {
            Step::Root => f.write_str("$"),
            // A key can have megabytes, and every hit below it writes its path.
            Step::Key(key) if key.len() > KEY_MAX => {
                write!(f, ".{:?}…", &key[..key.floor_char_boundary(KEY_MAX)])
            }
            Step::Key(key) if is_plain(key) => write!(f, ".{key}"),
            Step::Key(key) => write!(f, ".{key:?}"),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Json => f.write_str("~json"),
        }
    }
}

/// Keys that PostgreSQL's jsonpath takes without quotes.
fn is_plain(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_jsonpath() {
        let root = Path::ROOT;
        let arguments = root.key("arguments");
        let inside = arguments.json();
        let list = inside.key("x-y");
        assert_eq!(list.index(3).to_string(), r#"$.arguments~json."x-y"[3]"#);
    }
}

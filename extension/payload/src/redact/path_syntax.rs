//! Paths in policies: the part of jsonpath without filters, and the spellings of JSON loggers.

use crate::json::{Tokens, unescape};

const LENGTH_MAX: usize = 500;
const STEPS_MAX: usize = 32;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    AnyKey,
    Index(usize),
    AnyIndex,
    /// Any number of steps, also none.
    AnyDepth,
}

/// Steps from the root, or why the text is no path: never what it says.
pub(super) fn parse(text: &str) -> Result<Vec<Step>, String> {
    if text.len() > LENGTH_MAX {
        return Err(format!("a path has at most {LENGTH_MAX} bytes"));
    }
    let mut reader = Reader { text, at: 0 };
    let mut steps = Vec::new();
    if reader.take("$") {
        if reader.at == text.len() {
            return Ok(steps);
        }
    } else if !reader.rest().starts_with(['.', '[']) {
        // `a.b`, as loggers write it.
        let step = reader.name_or_star()?;
        steps.push(step);
    }
    while reader.at < text.len() {
        reader.step(&mut steps)?;
        if steps.len() > STEPS_MAX {
            return Err(format!("a path has at most {STEPS_MAX} steps"));
        }
    }
    if steps.is_empty() {
        return Err("expected a path such as $.arguments.password".to_owned());
    }
    Ok(steps)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn wrong<T>(&self, wanted: &str) -> Result<T, String> {
        Err(format!("expected {wanted} at offset {}", self.at))
    }

    fn step(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        if self.take("..") {
            steps.push(Step::AnyDepth);
            if !self.rest().starts_with('[') {
                steps.push(self.name_or_star()?);
            }
        } else if self.take(".**") {
            steps.push(Step::AnyDepth);
        } else if self.take(".") {
            steps.push(self.name_or_star()?);
        } else if self.take("[") {
            steps.push(self.bracket()?);
        } else {
            return self.wrong("a dot or a bracket");
        }
        Ok(())
    }

    fn name_or_star(&mut self) -> Result<Step, String> {
        if self.rest().starts_with('"') {
            return self.quoted('"').map(Step::Key);
        }
        if self.take("*") {
            return Ok(Step::AnyKey);
        }
        let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
        let length = self.rest().find(|c| !name(c)).unwrap_or(self.rest().len());
        if length == 0 {
            return self.wrong("a name, a quoted name or *");
        }
        let key = self.rest()[..length].to_owned();
        self.at += length;
        Ok(Step::Key(key))
    }

    fn bracket(&mut self) -> Result<Step, String> {
        let step = match self.rest().chars().next() {
            Some('*') => {
                self.at += 1;
                Step::AnyIndex
            }
            Some(quote @ ('"' | '\'')) => Step::Key(self.quoted(quote)?),
            _ => {
                let rest = self.rest();
                let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                let Ok(index) = rest[..length].parse() else {
                    return self.wrong("an index, a quoted name or *");
                };
                self.at += length;
                Step::Index(index)
            }
        };
        if !self.take("]") {
            return self.wrong("a closing bracket");
        }
        Ok(step)
    }

    /// A name in quotes, with the escapes of JSON strings.
    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let start = self.at + 1;
        let mut escaped = false;
        let end = self.text[start..].char_indices().find(|(_, c)| {
            let ends = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((length, _)) = end else {
            return self.wrong("a name that ends with its quote");
        };
        let mut inside = self.text[start..start + length].to_owned();
        if quote == '\'' {
            inside = inside.replace("\\'", "'").replace('"', "\\\"");
        }
        let whole = format!("\"{inside}\"");
        if !Tokens::new(&whole).all(|token| token.is_ok()) {
            return self.wrong("a name with the escapes of JSON");
        }
        self.at = start + length + 1;
        Ok(unescape(&inside).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Step::*;
    use super::*;

    fn key(name: &str) -> Step {
        Key(name.to_owned())
    }

    #[test]
    fn spellings_of_a_path() {
        for (text, steps) in [
            ("$", vec![]),
            ("$.a.b", vec![key("a"), key("b")]),
            ("a.b", vec![key("a"), key("b")]),
            (
                r#"$."x-y"["z w"]['q"r']"#,
                vec![key("x-y"), key("z w"), key("q\"r")],
            ),
            (r#"["a\"b"]"#, vec![key("a\"b")]),
            ("$.a-b_c$", vec![key("a-b_c$")]),
            ("$.*.b[*][3]", vec![AnyKey, key("b"), AnyIndex, Index(3)]),
            ("*.b", vec![AnyKey, key("b")]),
            ("$..b", vec![AnyDepth, key("b")]),
            ("$.**.b", vec![AnyDepth, key("b")]),
            ("$..[*]", vec![AnyDepth, AnyIndex]),
            ("$.a.**", vec![key("a"), AnyDepth]),
            ("$.größe", vec![key("größe")]),
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&steps), "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_the_offset() {
        for (text, problem) in [
            ("", "expected a name, a quoted name or * at offset 0"),
            ("$.", "expected a name, a quoted name or * at offset 2"),
            ("$.a.", "expected a name, a quoted name or * at offset 4"),
            ("$a", "expected a dot or a bracket at offset 1"),
            ("$.a b", "expected a dot or a bracket at offset 3"),
            ("$[", "expected an index, a quoted name or * at offset 2"),
            ("$[-1]", "expected an index, a quoted name or * at offset 2"),
            ("$[1", "expected a closing bracket at offset 3"),
            (
                "$[99999999999999999999]",
                "expected an index, a quoted name or * at offset 2",
            ),
            (
                "$.a ? (@.b == 1)",
                "expected a dot or a bracket at offset 3",
            ),
            (
                "$[?(@.b)]",
                "expected an index, a quoted name or * at offset 2",
            ),
            (
                r#"$."a"#,
                "expected a name that ends with its quote at offset 2",
            ),
            (
                r#"$["a\q"]"#,
                "expected a name with the escapes of JSON at offset 2",
            ),
            ("$...a", "expected a name, a quoted name or * at offset 3"),
            ("/a/b", "expected a name, a quoted name or * at offset 0"),
        ] {
            assert_eq!(parse(text).unwrap_err(), problem, "{text}");
        }
        assert!(parse(&"a".repeat(501)).is_err());
        assert!(
            parse(
                &"$".to_string()
                    .chars()
                    .chain(".a".repeat(33).chars())
                    .collect::<String>()
            )
            .is_err()
        );
    }
}

//! Just enough of PostgreSQL's lexical rules to part a file into statements.

/// What a token is, as far as parting statements needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or unquoted name.
    Word,
    /// A name in double quotes.
    QuotedName,
    /// A string, in quotes or dollars.
    Literal,
    Semicolon,
    Open,
    Close,
    /// Any other single character.
    Symbol,
}

/// One token; `start` is its byte offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
}

/// One statement without its semicolon; `start` is its byte offset in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    pub text: &'a str,
    pub start: usize,
}

/// The statements of a file, without the comments between them.
///
/// A semicolon inside parentheses (`CREATE RULE … DO (a; b)`) or between `BEGIN ATOMIC` and its
/// `END` does not end a statement.
pub fn statements(sql: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let mut first: Option<usize> = None;
    let mut end = 0;
    let mut parens = 0usize;
    // Open BEGIN ATOMIC and, within it, CASE: each is closed by an END.
    let mut blocks = 0usize;
    let mut after_begin = false;

    for token in tokens(sql) {
        let is = |word: &str| token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word);
        if token.kind == Kind::Semicolon && parens == 0 && blocks == 0 {
            if let Some(start) = first.take() {
                found.push(Statement {
                    text: &sql[start..end],
                    start,
                });
            }
            continue;
        }
        match token.kind {
            Kind::Open => parens += 1,
            Kind::Close => parens = parens.saturating_sub(1),
            _ if after_begin && is("atomic") => blocks += 1,
            _ if blocks > 0 && is("case") => blocks += 1,
            _ if blocks > 0 && is("end") => blocks -= 1,
            _ => {}
        }
        after_begin = is("begin");
        first.get_or_insert(token.start);
        end = token.start + token.text.len();
    }
    if let Some(start) = first {
        found.push(Statement {
            text: &sql[start..end],
            start,
        });
    }
    found
}

/// The keywords and names of a statement: unquoted ones upper-cased, quoted ones as they stand.
pub fn words(statement: &str) -> impl Iterator<Item = String> + '_ {
    tokens(statement).filter_map(|token| match token.kind {
        Kind::Word => Some(token.text.to_ascii_uppercase()),
        Kind::QuotedName => Some(token.text.to_owned()),
        _ => None,
    })
}

/// The tokens of a text; comments and white space are left out.
pub fn tokens(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at = skip_blank(sql, at);
        let (kind, len) = token_at(&sql[at..])?;
        let token = Token {
            kind,
            text: &sql[at..at + len],
            start: at,
        };
        at += len;
        Some(token)
    })
}

/// The offset of the first character after white space and comments.
fn skip_blank(sql: &str, mut at: usize) -> usize {
    loop {
        let rest = &sql[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += block_comment(trimmed);
        } else {
            return at;
        }
    }
}

/// The length of a block comment; they nest, and an open one reaches to the end.
fn block_comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (at, depth) = (at + 2, depth + 1),
            Some(b"*/") => (at, depth) = (at + 2, depth - 1),
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
    at
}

fn token_at(text: &str) -> Option<(Kind, usize)> {
    let first = text.chars().next()?;
    Some(match first {
        '\'' => (Kind::Literal, quoted(text, b'\'', false)),
        '"' => (Kind::QuotedName, quoted(text, b'"', false)),
        '$' => match dollar_quoted(text) {
            Some(len) => (Kind::Literal, len),
            None => (Kind::Symbol, 1),
        },
        'e' | 'E' if text[1..].starts_with('\'') => {
            (Kind::Literal, 1 + quoted(&text[1..], b'\'', true))
        }
        ';' => (Kind::Semicolon, 1),
        '(' => (Kind::Open, 1),
        ')' => (Kind::Close, 1),
        c if begins_word(c) => {
            let end = text.find(|c| !(begins_word(c) || c.is_ascii_digit() || c == '$'));
            (Kind::Word, end.unwrap_or(text.len()))
        }
        c => (Kind::Symbol, c.len_utf8()),
    })
}

fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

/// The length of a quoted text whose quote is doubled to stand for itself.
fn quoted(text: &str, quote: u8, backslash_escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == b'\\' && backslash_escapes {
            at += 2;
        } else if bytes[at] != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    text.len()
}

/// The length of a dollar-quoted text, or nothing where the dollar is a parameter's.
fn dollar_quoted(text: &str) -> Option<usize> {
    let tag_end = 1 + text[1..].find('$')?;
    let tag = &text[1..tag_end];
    let is_tag = tag
        .chars()
        .enumerate()
        .all(|(i, c)| begins_word(c) || (i > 0 && c.is_ascii_digit()));
    if !is_tag {
        return None;
    }
    let delimiter = &text[..=tag_end];
    let body = &text[delimiter.len()..];
    let len = body
        .find(delimiter)
        .map_or(text.len(), |at| at + 2 * delimiter.len());
    Some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(sql: &str) -> Vec<&str> {
        statements(sql).into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn semicolons_in_quotes_and_comments_do_not_part() {
        assert_eq!(
            parts("select ';', \"a;b\" -- c;\n, 2; /* ; /* ; */ ; */ select 3"),
            ["select ';', \"a;b\" -- c;\n, 2", "select 3"]
        );
        assert_eq!(
            parts("select 'it''s;'; select 2;"),
            ["select 'it''s;'", "select 2"]
        );
        assert_eq!(
            parts(r"select E'\';', 1; select 2"),
            [r"select E'\';', 1", "select 2"]
        );
        assert_eq!(parts(r"select '\'; select 2"), [r"select '\'", "select 2"]);
    }

    #[test]
    fn dollar_quotes_end_at_their_own_tag() {
        assert_eq!(
            parts("do $x$ begin; $$;$$; $y$ end $x$; select $1; select 2"),
            ["do $x$ begin; $$;$$; $y$ end $x$", "select $1", "select 2"]
        );
        assert_eq!(
            parts("select a$b$; select 1; select c$b$"),
            ["select a$b$", "select 1", "select c$b$"]
        );
    }

    #[test]
    fn rules_and_atomic_bodies_stay_whole() {
        let rule = "create rule r as on insert to t do also (select 1; select 2)";
        let function = "create function f() returns int begin atomic \
                        select case when true then 1 else 2 end; select 3; end";
        assert_eq!(
            parts(&format!("{rule}; {function}; select 4")),
            [rule, function, "select 4"]
        );
    }

    #[test]
    fn blanks_and_open_ends() {
        assert!(parts("").is_empty());
        assert!(parts(" ;; -- nothing\n ; /* open").is_empty());
        assert_eq!(parts("select 'open"), ["select 'open"]);
        assert_eq!(parts("select 'ü' as größe;"), ["select 'ü' as größe"]);
    }

    #[test]
    fn offsets_point_into_the_file() {
        let sql = "-- a\nselect 1;\n  select 2;";
        let starts: Vec<_> = statements(sql)
            .iter()
            .map(|s| &sql[s.start..s.start + 8])
            .collect();
        assert_eq!(starts, ["select 1", "select 2"]);
    }

    #[test]
    fn words_skip_literals_and_comments() {
        let found: Vec<_> = words("create /* x */ index \"My Ix\" on T ('a')").collect();
        assert_eq!(found, ["CREATE", "INDEX", "\"My Ix\"", "ON", "T"]);
    }
}

//! SQL: `INSERT INTO t (name, password) VALUES ('jo', '…')`: the value in a secret column.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::{is_placeholder, starts_with_ignoring_case};
use super::Input;

const COLUMNS_MAX: usize = 200;
const VALUE_MAX: usize = 4_096;
const ROWS_MAX: usize = 1_000;
/// What a list of columns is made of.
const IN_LIST: [bool; 256] = {
    let mut list = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        list[byte] = b.is_ascii_alphanumeric()
            || matches!(b, b'_' | b' ' | b'"' | b'`' | b',' | b'[' | b']' | b'\n');
        byte += 1;
    }
    list
};

/// The values of the column whose name is `start..end`.
pub(super) fn find(input: &Input<'_>, start: usize, end: usize, hits: &mut Hits) {
    // Its neighbours tell most names apart before a list is looked for.
    let filler = |b: u8| b" \"`[]\n".contains(&b);
    let (left, right) = (input.run_back(start, 4, filler), input.run(end, 4, filler));
    if !matches!(input.before(left), b',' | b'(') || !matches!(input.byte(right), b',' | b')') {
        return;
    }
    let name = |b: u8| IN_LIST[usize::from(b)];
    let open = input.run_back(start, COLUMNS_MAX, name);
    if input.before(open) != b'(' {
        return;
    }
    let close = input.run(end, COLUMNS_MAX, name);
    if input.byte(close) != b')' {
        return;
    }
    let commas = input.bytes[open..start].iter().filter(|b| **b == b',');
    let column = commas.count();
    let mut at = spaces(input, close + 1);
    if !starts_with_ignoring_case(&input.text[at..], "values") {
        return;
    }
    at += "values".len();
    for _ in 0..ROWS_MAX {
        at = input.run(at, 16, |b| b.is_ascii_whitespace() || b == b',');
        if input.byte(at) != b'(' {
            return;
        }
        at += 1;
        let mut number = 0;
        loop {
            at = spaces(input, at);
            let (from, to, next) = value(input, at);
            if number == column && from < to && !is_placeholder(&input.text[from..to]) {
                hits.push(from, to, Kind::ASSIGNMENT);
            }
            number += 1;
            at = spaces(input, next);
            match input.byte(at) {
                b',' => at += 1,
                b')' => break,
                _ => return,
            }
        }
        at += 1;
    }
}

/// The inside of the string at `at`, and where what stands there ends. Other values have no inside.
fn value(input: &Input<'_>, at: usize) -> (usize, usize, usize) {
    if input.byte(at) != b'\'' {
        let end = input.run(at, VALUE_MAX, |b| !matches!(b, b',' | b')' | b'(' | b'\n'));
        return (at, at, end);
    }
    let mut end = at + 1;
    loop {
        end = input.run(end, VALUE_MAX, |b| b != b'\'');
        // A quote is doubled inside of a string.
        if input.byte(end) != b'\'' || input.byte(end + 1) != b'\'' || end - at > VALUE_MAX {
            return (at + 1, end, end + 1);
        }
        end += 2;
    }
}

fn spaces(input: &Input<'_>, at: usize) -> usize {
    input.run(at, 16, |b| b.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut hits = Hits::default();
        let at = text.find("password").unwrap();
        find(&Input::new(text, ""), at, at + "password".len(), &mut hits);
        hits.iter().map(|h| &text[h.start..h.end]).collect()
    }

    #[test]
    fn values_of_a_secret_column() {
        for (text, secrets) in [
            (
                "INSERT INTO u (name, password) VALUES ('jo', 's3cret')",
                &["s3cret"][..],
            ),
            (
                "insert into u (\"password\", n) values ('a''b', 1), ('c,d', 2)",
                &["a''b", "c,d"],
            ),
        ] {
            assert_eq!(found(text), secrets, "{text}");
        }
    }

    #[test]
    fn parameters_and_other_lists_stay() {
        for text in [
            "INSERT INTO u (name, password) VALUES ($1, $2)",
            "INSERT INTO u (name, password) VALUES (now(), crypt('x', 'y'))",
            "INSERT INTO u (name, password) SELECT a, b FROM c",
            "login(user, password)",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}

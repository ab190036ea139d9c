//! Tables in text: CSV, Markdown, and what database clients print. A column with a secret name
//! holds secrets.

use super::super::keys::{Class, KeyRules};
use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::{is_opaque, is_placeholder};
use super::Input;
use crate::interrupt;

const LINE_MAX: usize = 2_000;
const COLUMNS_MAX: usize = 64;
const HEADING_MAX: usize = 40;
const HEADING_WORDS_MAX: usize = 3;
const SECRET_MIN: usize = 4;
const TOKEN_MIN: usize = 12;
const MIXED_MIN: usize = 10;

/// A row: where each of its cells is, without what stands around them.
type Cells = Vec<(usize, usize)>;

/// The cells under the heading `start..end`, and under the other secret ones of its line.
pub(super) fn find(input: &Input<'_>, rules: &KeyRules, start: usize, end: usize, hits: &mut Hits) {
    let Some(sign) = sign(input, start, end) else {
        return;
    };
    let line = input.run_back(start, LINE_MAX, |b| b != b'\n');
    let stop = input.run(end, LINE_MAX, |b| b != b'\n');
    if line > 0 && input.before(line) != b'\n' || input.byte(stop) != b'\n' {
        return;
    }
    if !hits.begins_headings(start, stop) {
        return;
    }
    let headings = cells(input, line, stop, sign);
    // A sign at the end of every line makes no second column.
    let named = headings.iter().filter(|cell| cell.0 < cell.1).count();
    if !(2..=COLUMNS_MAX).contains(&named)
        || !headings
            .iter()
            .all(|cell| is_heading(&input.text[cell.0..cell.1]))
    {
        return;
    }
    let class = |cell: &(usize, usize)| rules.class(&input.text[cell.0..cell.1]);
    let classes: Vec<Option<Class>> = headings.iter().map(class).collect();
    if classes.iter().all(Option::is_none) {
        return;
    }
    let mut at = stop + 1;
    while at < input.bytes.len() {
        let stop = input.run(at, LINE_MAX, |b| b != b'\n');
        interrupt::check(stop - at);
        if stop < input.bytes.len() && input.byte(stop) != b'\n' {
            return;
        }
        if !is_rule(&input.bytes[at..stop]) {
            let row = cells(input, at, stop, sign);
            // Headings again: they find their own rows, and every row is read once.
            let again = |cell: &(usize, usize)| class(cell).is_some();
            if row.len() != headings.len() || row.iter().any(again) {
                return;
            }
            for (class, (from, to)) in classes.iter().zip(&row) {
                if class.is_some_and(|class| is_secret(&input.text[*from..*to], class)) {
                    hits.push(*from, *to, Kind::ASSIGNMENT);
                }
            }
        }
        at = stop + 1;
    }
}

/// What parts the columns beside the name at `start..end`.
fn sign(input: &Input<'_>, start: usize, end: usize) -> Option<u8> {
    let around = |b: u8| matches!(b, b' ' | b'"' | b'\'' | b'`' | b'*');
    let left = input.run_back(start, HEADING_MAX, around);
    let right = input.run(end, 2 * HEADING_MAX, around);
    let (before, after) = (input.before(left), input.byte(right));
    let parts = |b: u8| matches!(b, b'|' | b',' | b';' | b'\t');
    let starts = left == 0 || before == b'\n';
    let ends = matches!(after, b'\n' | b'\r');
    match (parts(before), parts(after)) {
        (true, true) => (before == after).then_some(after),
        (false, true) => starts.then_some(after),
        (true, false) => ends.then_some(before),
        (false, false) => None,
    }
}

/// The cells of the line `at..stop`; a border at its ends parts nothing.
fn cells(input: &Input<'_>, at: usize, stop: usize, sign: u8) -> Cells {
    let edge = |b: u8| b == b' ' || b == b'\r' || b == b'|' && sign == b'|';
    let mut at = input.run(at, stop - at, edge);
    let stop = input.run_back(stop, stop - at, edge);
    let mut cells = Vec::new();
    while at <= stop && cells.len() <= COLUMNS_MAX {
        let open = input.run(at, stop - at, |b| b == b' ');
        let quote = input.byte(open);
        let csv = matches!(sign, b',' | b';' | b'\t') && quote == b'"';
        let mut end = if csv {
            input.run(open + 1, stop.saturating_sub(open + 1), |b| b != quote)
        } else {
            open
        };
        end = input.run(end.min(stop), stop - end.min(stop), |b| b != sign);
        cells.push(trimmed(input, at, end));
        at = end + 1;
    }
    cells
}

fn trimmed(input: &Input<'_>, start: usize, end: usize) -> (usize, usize) {
    let around = |b: u8| matches!(b, b' ' | b'"' | b'\'' | b'`' | b'*');
    let from = input.run(start, end - start, around);
    (from, input.run_back(end, end - from, around))
}

/// `Password`, `api_key`, `Wi-Fi key (2.4)`: a few words.
fn is_heading(text: &str) -> bool {
    text.len() <= HEADING_MAX
        && text.split(' ').count() <= HEADING_WORDS_MAX
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || " _-.()#%/?".contains(c))
        && (text.is_empty() || text.chars().any(char::is_alphabetic))
}

/// `----+-----`, `|---|:-:|`
fn is_rule(line: &[u8]) -> bool {
    line.iter().all(|b| b"-+|=: \r".contains(b))
}

/// What a person reads as a value of this class, and not as a word.
fn is_secret(text: &str, class: Class) -> bool {
    if is_placeholder(text) || text.contains(' ') {
        return false;
    }
    match class {
        Class::Code => false,
        Class::Token | Class::Opaque => is_opaque(text, TOKEN_MIN),
        Class::Secret | Class::Authorization | Class::Cookie => {
            let digit = text.bytes().any(|b| b.is_ascii_digit());
            let symbol = text.bytes().any(|b| b"!@#$%^&*+=~".contains(&b));
            let upper = text.bytes().skip(1).any(|b| b.is_ascii_uppercase());
            let lower = text.bytes().any(|b| b.is_ascii_lowercase());
            text.len() >= SECRET_MIN
                && (digit || symbol || text.len() >= MIXED_MIN && upper && lower)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let rules = KeyRules::names(&["password", "api key", "token"], &[]);
        let input = Input::new(text, "");
        let mut hits = Hits::default();
        for name in ["password", "api_key", "API Key", "token"] {
            for (at, name) in text.match_indices(name) {
                find(&input, &rules, at, at + name.len(), &mut hits);
            }
        }
        hits.iter().map(|h| &text[h.start..h.end]).collect()
    }

    #[test]
    fn columns_with_a_secret_name() {
        for (text, secrets) in [
            (
                "id,name,password\n1,jo,s3cret9\n2,al,hunter2\n",
                vec!["s3cret9", "hunter2"],
            ),
            ("name;\"password\";n\r\njo;\"a;b9\";1\r\n", vec!["a;b9"]),
            (
                " id | password | n \n----+----------+---\n  1 | s3cret9  | x\n(1 row)\n",
                vec!["s3cret9"],
            ),
            (
                "| API Key | password |\n|---|:-:|\n| `QuietHarborvGET` | n/a |",
                vec!["QuietHarborvGET"],
            ),
            (
                "+----+----------+\n| id | password |\n+----+----------+\n| 1  | s3cret9  |\n+----+",
                vec!["s3cret9"],
            ),
            ("n\tpassword\n1\ts3cret9", vec!["s3cret9"]),
            // A second table begins with its own headings.
            (
                "n,password\n1,s3cret9\nn,password\n2,hunter2",
                vec!["s3cret9", "hunter2"],
            ),
        ] {
            assert_eq!(found(text), secrets, "{text}");
        }
    }

    #[test]
    fn other_tables_and_lists_stay() {
        for text in [
            "| Plan | password |\n|---|---|\n| free | yes |\n| team | required |",
            "| name | type |\n|---|---|\n| password | text9 |",
            "SELECT id, password, plan FROM t;\n1, s3cret9, x",
            "user, password, host = read(x)\na1, b2, c3",
            "token,count\nhello,12\nword2,7",
            "id,password\n\nid9,x9",
            "a list of id, password\nand more9, more9",
            "id,password",
            "'password',\n'StringToTime9',",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}

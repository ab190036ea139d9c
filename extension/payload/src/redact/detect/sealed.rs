//! Kubernetes Secrets in YAML: every value below `data` and `stringData`.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::is_placeholder;
use super::Input;

pub(crate) const KIND: &str = "kind: secret";
/// How far the rest of the document is looked for, either way.
const REACH: usize = 16_384;

/// A line of the document.
#[derive(Clone, Copy)]
struct Line<'t> {
    start: usize,
    text: &'t str,
    indent: usize,
}

/// The document of which `kind: Secret` stands at `at..end`.
pub(crate) fn find(input: &Input<'_>, at: usize, end: usize, hits: &mut Hits) {
    let indent = input.run_back(at, REACH, |b| b == b' ');
    // Behind a terminal's colour it is none: the second reading has a space there.
    let before = indent.checked_sub(1).map_or(b' ', |i| input.byte(i));
    let own_line = matches!(before, b'\n' | b' ') && input.byte(end).is_ascii_whitespace();
    if !own_line {
        return;
    }
    let depth = at - indent;
    let before = input.behind(indent, REACH);
    let mut start = indent;
    for line in input.text[before..indent].split_inclusive('\n').rev() {
        if ends(line, depth) {
            break;
        }
        start -= line.len();
    }
    values(input, start, indent, depth, hits);
    let from = input.run(end, REACH, |b| b != b'\n');
    let from = from + usize::from(input.byte(from) == b'\n');
    values(input, from, input.ahead(from, REACH), depth, hits);
}

/// True for a line that is not of the document, or begins the next one.
fn ends(line: &str, depth: usize) -> bool {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let text = line.trim();
    !text.is_empty() && indent < depth
        || text.starts_with("---")
        || indent == depth && text.starts_with("kind:")
}

/// Hides the values of `data` between two places.
fn values(input: &Input<'_>, from: usize, stop: usize, depth: usize, hits: &mut Hits) {
    let mut at = from;
    // The indentation of a value that stands on the lines behind its name.
    let (mut inside, mut block) = (false, None);
    for text in input.text[from..stop.max(from)].split_inclusive('\n') {
        let line = Line {
            start: at,
            text: text.trim(),
            indent: text.len() - text.trim_start_matches(' ').len(),
        };
        at += text.len();
        if ends(text, depth) {
            return;
        }
        if line.text.is_empty() {
            continue;
        }
        if line.indent == depth {
            inside = matches!(line.text, "data:" | "stringData:");
            block = None;
        } else if inside && block.is_some_and(|indent| line.indent > indent) {
            hide(line.start + line.indent, line.text, hits);
        } else if inside && let Some((_, value)) = line.text.split_once(": ") {
            let value = value.trim();
            block = matches!(value.as_bytes(), [b'|' | b'>', ..]).then_some(line.indent);
            if block.is_none() {
                let start = line.start + line.indent + line.text.len() - value.len();
                hide(start, value, hits);
            }
        }
    }
}

fn hide(start: usize, value: &str, hits: &mut Hits) {
    let quote = |c| matches!(c, '"' | '\'');
    let inner = value.trim_matches(quote);
    let start = start + (value.len() - value.trim_start_matches(quote).len());
    if !is_placeholder(inner) {
        hits.push(start, start + inner.len(), Kind::ASSIGNMENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut hits = Hits::default();
        let lower = text.to_ascii_lowercase();
        for (at, _) in lower.match_indices(KIND) {
            find(&Input::new(text, ""), at, at + KIND.len(), &mut hits);
        }
        hits.iter().map(|h| &text[h.start..h.end]).collect()
    }

    #[test]
    fn every_value_of_a_secret() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  foo: czNj\n  bar: \"cmV0\"\ntype: Opaque\n";
        assert_eq!(found(text), ["czNj", "cmV0"]);
        let sorted = "apiVersion: v1\ndata:\n  foo: czNj\nkind: Secret\nmetadata:\n  name: db\n";
        assert_eq!(found(sorted), ["czNj"]);
        let list = "items:\n- apiVersion: v1\n  data:\n    foo: czNj\n  kind: Secret\n- data:\n    bar: x1\n  kind: ConfigMap\n";
        assert_eq!(found(list), ["czNj"]);
        let block = "kind: Secret\nstringData:\n  conf: |\n    user=a\n    pw=b\n  x: y1\n---\ndata:\n  z: w\n";
        assert_eq!(found(block), ["user=a", "pw=b", "y1"]);
    }

    #[test]
    fn other_documents_stay() {
        for text in [
            "kind: ConfigMap\ndata:\n  foo: bar\n",
            "kind: SecretStore\ndata:\n  foo: bar\n",
            "kind: Secret\nmetadata:\n  name: db\n---\nkind: ConfigMap\ndata:\n  foo: bar\n",
            "what kind: Secret is, and data: no",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}

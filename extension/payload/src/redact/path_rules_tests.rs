use super::super::path_syntax::parse;
use super::*;
use serde_json::Value;

/// Every value that the path leads to, as JSON pointers.
fn found(path: &str, document: &str) -> Vec<String> {
    let mut paths = Paths::default();
    assert!(paths.add(&parse(path).unwrap(), End::Act(0, Action::Mask)));
    let mut tracker = Tracker::new(&paths, false);
    let mut list = Vec::new();
    let document: Value = serde_json::from_str(document).unwrap();
    walk(&mut tracker, Into::Root, &document, "", &mut list);
    list
}

fn walk(tracker: &mut Tracker<'_>, step: Into<'_>, value: &Value, at: &str, out: &mut Vec<String>) {
    if tracker.enter(step, || value.is_array()).is_some() {
        out.push(at.to_owned());
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(
                    tracker,
                    Into::Item(index),
                    item,
                    &format!("{at}/{index}"),
                    out,
                );
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                walk(tracker, Into::Key(key), member, &format!("{at}/{key}"), out);
            }
        }
        _ => {}
    }
    tracker.leave();
}

#[test]
fn paths_lead_where_lax_jsonpath_leads() {
    let document = r#"{"a": {"b": 1, "c": [{"b": 2}, [{"b": 3}], 4]}, "b": [5, [6]], "x.y": 7}"#;
    for (path, list) in [
        ("$", &[""][..]),
        ("$.a", &["/a"]),
        ("$.a.b", &["/a/b"]),
        ("a.c.b", &["/a/c/0/b"]),
        ("$.a.c[*]", &["/a/c/0", "/a/c/1", "/a/c/2"]),
        ("$.a.c[*].b", &["/a/c/0/b", "/a/c/1/0/b"]),
        ("$.a.c[1][0].b", &["/a/c/1/0/b"]),
        ("$.a.b[*]", &["/a/b"]),
        ("$.a.b[0]", &["/a/b"]),
        ("$.a.b[1]", &[]),
        ("$.b[1]", &["/b/1"]),
        ("$.b[1][0]", &["/b/1/0"]),
        ("$.b[0][0]", &["/b/0"]),
        ("$.*.b", &["/a/b"]),
        ("$..b", &["/a/b", "/a/c/0/b", "/a/c/1/0/b", "/b"]),
        ("$.a.**.b", &["/a/b", "/a/c/0/b", "/a/c/1/0/b"]),
        (
            "$.a.c.**",
            &[
                "/a/c",
                "/a/c/0",
                "/a/c/0/b",
                "/a/c/1",
                "/a/c/1/0",
                "/a/c/1/0/b",
                "/a/c/2",
            ],
        ),
        (r#"$["x.y"]"#, &["/x.y"]),
        ("$.x.y", &[]),
        ("$.A", &[]),
    ] {
        assert_eq!(found(path, document), list, "{path}");
    }
}

#[test]
fn allowed_beats_acted_upon_and_the_first_rule_the_second() {
    let mut paths = Paths::default();
    for (path, end) in [
        ("$..a", End::Act(1, Action::Mask)),
        ("$.a", End::Act(0, Action::Keep)),
        ("$.b.a", End::Allow),
        ("$.b", End::Mark(3)),
    ] {
        assert!(paths.add(&parse(path).unwrap(), end));
    }
    let mut tracker = Tracker::new(&paths, false);
    let no = || false;
    assert_eq!(tracker.enter(Into::Root, no), None);
    assert_eq!(
        tracker.enter(Into::Key("a"), no),
        Some(Verdict::Act(Action::Keep))
    );
    assert_eq!(tracker.marks(), 0);
    tracker.leave();
    assert_eq!(tracker.enter(Into::Key("b"), no), None);
    assert_eq!(tracker.marks(), 1 << 3);
    assert_eq!(tracker.enter(Into::Key("a"), no), Some(Verdict::Allow));
    assert_eq!(tracker.enter(Into::Key("c"), no), None);
    assert_eq!(tracker.marks(), 1 << 3, "marks hold below");

    // In an envelope nobody knows where the root is: what hides, hides everywhere.
    let mut tracker = Tracker::new(&paths, true);
    tracker.enter(Into::Root, no);
    tracker.enter(Into::Key("payload"), no);
    assert_eq!(tracker.enter(Into::Key("b"), no), None);
    assert_eq!(
        tracker.enter(Into::Key("a"), no),
        Some(Verdict::Act(Action::Mask))
    );
}

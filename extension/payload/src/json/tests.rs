use super::*;

fn text_of(json: &str) -> String {
    print(&parse(json).unwrap()).unwrap()
}

#[test]
fn strict_json_is_refused_where_it_is_wrong() {
    for (text, at, problem) in [
        ("", 0, Problem::Unfinished),
        ("{", 1, Problem::Unfinished),
        ("[1,]", 3, Problem::Unexpected),
        ("{\"a\" 1}", 5, Problem::Unexpected),
        ("{} {}", 3, Problem::Trailing),
        ("01", 1, Problem::Trailing),
        ("\"a\nb\"", 2, Problem::Unexpected),
        ("\"\\x\"", 2, Problem::Unexpected),
        ("nul", 0, Problem::Unexpected),
        ("[1 2]", 3, Problem::Unexpected),
        ("-", 1, Problem::Unfinished),
    ] {
        assert_eq!(
            parse(text).unwrap_err(),
            SyntaxError { at, problem },
            "{text:?}"
        );
    }
    let deep = "[".repeat(300) + &"]".repeat(300);
    assert_eq!(parse(&deep).unwrap_err().problem, Problem::TooDeep);
    assert!(parse(&("[".repeat(256) + &"]".repeat(256))).is_ok());
}

#[test]
fn nul_and_lone_surrogates_are_marked_and_come_back() {
    for (json, stored, back) in [
        (r#""a\u0000b""#, "a⟦u0000⟧b", r"a\u0000b"),
        (r#""\ud83d""#, "⟦ud83d⟧", r"\ud83d"),
        (r#""\ude00\ud83d""#, "⟦ude00⟧⟦ud83d⟧", r"\ude00\ud83d"),
        (r#""\ud83d\ude00""#, "😀", "😀"),
        ("\"⟦u0000⟧\"", "⟦u27e6⟧u0000⟧", "⟦u0000⟧"),
        ("\"⟦u12⟧ ⟦x\"", "⟦u12⟧ ⟦x", "⟦u12⟧ ⟦x"),
        (r#""⟦\u00750000⟧""#, "⟦u27e6⟧u0000⟧", "⟦u0000⟧"),
        (r#""⟦u00\u000000⟧""#, "⟦u00⟦u0000⟧00⟧", r"⟦u00\u000000⟧"),
        (r#""\u27e6u0000⟧""#, "⟦u27e6⟧u0000⟧", "⟦u0000⟧"),
    ] {
        let bytes = parse(json).unwrap();
        let Ok(crate::jsonb::Value::String(text)) = crate::jsonb::Container::root(&bytes) else {
            panic!("not a string")
        };
        assert_eq!(text, stored, "{json}");
        assert_eq!(unmark(text), back, "{json}");
    }
}

#[test]
fn agrees_with_serde_json() {
    for text in [
        r#"{"b": [1, 2.50, -3e2, "x\ty\"\\\/\u00e9\u0001"], "a": {"": null, "bb": true}}"#,
        r#"["\u2028", "é", "\b\f\n\r\t"]"#,
    ] {
        let ours: serde_json::Value = serde_json::from_str(&text_of(text)).unwrap();
        let theirs: serde_json::Value = serde_json::from_str(text).unwrap();
        // Numbers are compared as the server keeps them.
        assert_eq!(
            ours.to_string().replace("-300", "-3e2"),
            theirs.to_string().replace("-3e+2", "-3e2")
        );
    }
}

#[test]
fn any_text_is_kept_and_given_back() {
    for (text, kept) in [
        ("", r#"{"$unparsed": ""}"#),
        (" \n", r#"{"$unparsed": " \n"}"#),
        ("{\"a\": 1", r#"{"$unparsed": "{\"a\": 1"}"#),
        ("\u{feff}{", "{\"$unparsed\": \"\u{feff}{\"}"),
        ("⟦u0000⟧", r#"{"$unparsed": "⟦u27e6⟧u0000⟧"}"#),
        ("⟦n1⟧", r#"{"$unparsed": "⟦u27e6⟧n1⟧"}"#),
        ("⟦u27e6⟧⟦u⟦", r#"{"$unparsed": "⟦u27e6⟧u27e6⟧⟦u⟦"}"#),
        (r"\u0000", r#"{"$unparsed": "\\u0000"}"#),
    ] {
        let bytes = parse_any(text).unwrap();
        assert_eq!(print(&bytes).unwrap(), kept, "{text}");
        assert_eq!(unparse(&bytes).unwrap(), text);
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(unparse(&parse_any(&deep).unwrap()).unwrap(), deep);
}

#[test]
fn json_that_looks_like_what_parse_makes_differs_from_it() {
    for (text, kept) in [
        (r#"{"$unparsed": "{"}"#, r#"{"⟦u0024⟧unparsed": "{"}"#),
        (
            r#"[{"\u0024unparsed": ""}]"#,
            r#"[{"⟦u0024⟧unparsed": ""}]"#,
        ),
        (
            r#"{"$unparsed": 1e999999}"#,
            r#"{"⟦u0024⟧unparsed": "⟦n1e999999⟧"}"#,
        ),
        (
            r#"{"⟦u0024⟧unparsed": ""}"#,
            r#"{"⟦u27e6⟧u0024⟧unparsed": ""}"#,
        ),
        (r#"{"$unparsed": 1}"#, r#"{"$unparsed": 1}"#),
        (
            r#"{"$unparsed": "", "a": 1}"#,
            r#"{"a": 1, "$unparsed": ""}"#,
        ),
        ("1e999999", "\"⟦n1e999999⟧\""),
        ("\"⟦n1e999999⟧\"", "\"⟦u27e6⟧n1e999999⟧\""),
        ("\"⟦n\\u0031⟧\"", "\"⟦u27e6⟧n1⟧\""),
        ("\"⟦n1⟧ \"", "\"⟦n1⟧ \""),
    ] {
        let bytes = parse_any(text).unwrap();
        assert_eq!(print(&bytes).unwrap(), kept, "{text}");
        let back = unparse(&bytes).unwrap();
        assert_eq!(
            parse_any(&back).unwrap(),
            bytes,
            "{text} came back as {back}"
        );
        let same = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
        assert_eq!(same(&back), same(text), "{text}");
    }
}

#[test]
fn unparse_gives_back_what_jsonb_cannot_hold() {
    for (text, back) in [
        (
            r#"["\u0000", "\ud83d", -1E+999999]"#,
            r#"["\u0000", "\ud83d", -1E+999999]"#,
        ),
        (
            r#"{"\u0000": "\\u0000\ude00"}"#,
            r#"{"\u0000": "\\u0000\ude00"}"#,
        ),
        (r#""\ud83d\ude00""#, "\"😀\""),
    ] {
        assert_eq!(unparse(&parse_any(text).unwrap()).unwrap(), back);
    }
}

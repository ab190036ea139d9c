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
        let node = parse_node(json).unwrap();
        let crate::jsonb::Node::String(text) = node else {
            panic!("not a string")
        };
        assert_eq!(text, stored, "{json}");
        assert_eq!(unmark(&text), back, "{json}");
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

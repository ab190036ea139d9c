use super::super::operations::Operation;
use super::*;
use crate::json;

fn rewritten(text: &str, tape: &Tape) -> Result<String, Error> {
    let datum = json::parse(text).unwrap();
    let mut out = Vec::new();
    rewrite_into(&mut out, Container::root(&datum).unwrap(), tape)?;
    // As the server would have written it.
    let printed = json::print(&out).unwrap();
    assert_eq!(out, json::parse(&printed).unwrap(), "{printed}");
    Ok(printed)
}

/// What comes of `text` once `changes` are on the tape.
fn after(text: &str, changes: impl FnOnce(&mut Tape) -> Result<(), Error>) -> String {
    let mut tape = Tape::default();
    changes(&mut tape).unwrap();
    rewritten(text, &tape).unwrap()
}

#[test]
fn where_nothing_changes_the_tape_stays_empty() {
    let mut tape = Tape::default();
    tape.enter(0);
    for place in 0..1000 {
        tape.enter(place);
        tape.enter(3);
        tape.leave();
        tape.leave();
    }
    tape.leave();
    assert!(tape.is_empty());
    let text = r#"[{"a": [1, "x"]}, "y"]"#;
    assert_eq!(rewritten(text, &tape).unwrap(), text);
    assert_eq!(rewritten("\"x\"", &tape).unwrap(), "\"x\"");
}

/// Only what leads to something new is on it: not the thousand that were entered in vain.
#[test]
fn a_change_is_held_in_few_bytes_more_than_what_is_new() {
    let mut tape = Tape::default();
    tape.enter(0);
    for place in 0..1000 {
        tape.enter(place);
        tape.leave();
    }
    tape.enter(1000);
    let old = "mail anna1@example.org now";
    tape.text(7, old, "mail [redacted] now").unwrap();
    tape.leave();
    tape.leave();
    // Kind and place, the end: two containers. Kind and place, three lengths, what is new.
    assert_eq!(tape.operations().at(), 0);
    let (_, Operation::Enter { inside, .. }) = tape.operations().next().unwrap() else {
        panic!("it begins with the root");
    };
    assert_eq!(inside.at(), 1 + 4);
    let length = (1 + 4) + (2 + 4) + 4 + "[redacted]".len();
    assert_eq!(tape.length(), length);
}

/// Markers are alike, and what is numbered begins as what was numbered before.
#[test]
fn what_begins_as_an_earlier_text_is_held_once() {
    let mut tape = Tape::default();
    tape.enter(0);
    tape.text(0, "", "[redacted:email:22]").unwrap();
    let before = tape.length();
    for place in 1..100 {
        tape.text(place, "", "[redacted:email:22]").unwrap();
        tape.text(place, "", "[redacted:email:7]").unwrap();
    }
    let each = (tape.length() - before) / 99;
    assert!(each <= 6 + 6 + "7]".len(), "{each}");
    // Another one takes the place of what was known.
    tape.text(100, "", "[redacted:card:16] and so on").unwrap();
    tape.text(101, "", &"[redacted:card:16] and more".repeat(9))
        .unwrap();
    tape.text(102, "", "[redacted:email:22]").unwrap();
    tape.leave();
    let texts = tape.operations().next().map(|(_, root)| match root {
        Operation::Enter { inside, .. } => inside.map(|(_, operation)| match operation {
            Operation::Text { new, .. } => new.bytes().flatten().copied().collect(),
            _ => Vec::new(),
        }),
        _ => panic!("it begins with the root"),
    });
    let texts: Vec<_> = texts.unwrap().collect();
    assert_eq!(texts.len(), 1 + 2 * 99 + 3);
    assert_eq!(texts[0], b"[redacted:email:22]");
    assert_eq!(texts[197], b"[redacted:email:22]");
    assert_eq!(texts[198], b"[redacted:email:7]");
    assert_eq!(texts[199], b"[redacted:card:16] and so on");
    assert_eq!(
        texts[200],
        "[redacted:card:16] and more".repeat(9).as_bytes()
    );
    assert_eq!(texts[201], b"[redacted:email:22]");
}

#[test]
fn changes_in_containers_in_containers() {
    let text = r#"{"a": [1, {"b": "old", "c": [null, ["x"]]}, "y"], "z": "stays"}"#;
    let new = after(text, |tape| {
        tape.enter(0);
        tape.enter(0);
        tape.text(0, "", "one")?;
        tape.enter(1);
        tape.text(0, "old", "old, and new")?;
        tape.enter(1);
        tape.enter(1);
        tape.leave();
        tape.leave();
        tape.leave();
        tape.null(2)?;
        tape.leave();
        tape.leave();
        Ok(())
    });
    let expected =
        r#"{"a": ["one", {"b": "old, and new", "c": [null, ["x"]]}, null], "z": "stays"}"#;
    assert_eq!(new, expected);
}

#[test]
fn a_root_that_is_a_scalar() {
    assert_eq!(
        after("\"old\"", |tape| tape.text(0, "old", "bold")),
        "\"bold\""
    );
    assert_eq!(after("17", |tape| tape.text(0, "", "new")), "\"new\"");
    assert_eq!(after("\"old\"", |tape| tape.null(0)), "null");
}

/// New keys change the order of members; what is new in their values goes with them.
#[test]
fn members_with_new_keys_in_changed_containers_in_arrays() {
    let text = r#"[0, {"k": 1, "anna": {"deep": "old"}, "berta": ["x", "old"]}, {"k": "old"}]"#;
    let new = after(text, |tape| {
        tape.enter(0);
        tape.enter(1);
        tape.key(1, "[redacted:4]")?;
        tape.enter(1);
        tape.key(0, "d")?;
        tape.text(0, "old", "new")?;
        tape.leave();
        tape.key(2, "b")?;
        tape.enter(2);
        tape.text(1, "old", "newer")?;
        tape.leave();
        tape.leave();
        tape.enter(2);
        tape.text(0, "old", "last")?;
        tape.leave();
        tape.leave();
        Ok(())
    });
    let expected =
        r#"[0, {"b": ["x", "newer"], "k": 1, "[redacted:4]": {"d": "new"}}, {"k": "last"}]"#;
    assert_eq!(new, expected);
}

#[test]
fn members_that_go() {
    let text = r#"{"a": "x", "b": ["y"], "c": {"d": 1}, "e": "z"}"#;
    let new = after(text, |tape| {
        tape.enter(0);
        tape.gone(0)?;
        tape.enter(1);
        tape.text(0, "y", "Y")?;
        tape.leave();
        tape.enter(2);
        tape.gone(0)?;
        tape.leave();
        // One may have got another key before.
        tape.key(3, "f")?;
        tape.gone(3)?;
        tape.leave();
        Ok(())
    });
    assert_eq!(new, r#"{"b": ["Y"], "c": {}}"#);
}

#[test]
fn as_deep_as_can_be_and_no_deeper() {
    let nested = |depth: usize| {
        (
            format!("{}\"old\"{}", "[".repeat(depth), "]".repeat(depth)),
            depth,
        )
    };
    let change = |(text, depth): (String, usize)| {
        let mut tape = Tape::default();
        (0..depth).for_each(|_| tape.enter(0));
        tape.text(0, "old", "new").unwrap();
        (0..depth).for_each(|_| tape.leave());
        rewritten(&text, &tape)
    };
    let expected = format!("{}\"new\"{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(change(nested(MAX_DEPTH)).unwrap(), expected);
    let deeper = {
        let inner = json::parse(&nested(MAX_DEPTH).0).unwrap();
        let mut tape = Tape::default();
        (0..=MAX_DEPTH).for_each(|_| tape.enter(0));
        tape.null(0).unwrap();
        (0..=MAX_DEPTH).for_each(|_| tape.leave());
        let mut out = Vec::new();
        rewrite_into(&mut out, Container::root(&inner).unwrap(), &tape)
    };
    assert!(deeper.is_err());
}

/// A tape is read with another payload than its own: an error, or something else, and no panic.
#[test]
fn a_tape_of_something_else_is_an_error() {
    let mut tape = Tape::default();
    tape.enter(0);
    tape.text(1, "a long old text", "a long new text").unwrap();
    tape.leave();
    for other in ["\"x\"", "[1, \"short\"]"] {
        assert_eq!(rewritten(other, &tape), Err(Error::Corrupt), "{other}");
    }
}

#[test]
fn what_would_not_become_jsonb_is_refused() {
    let large = "x".repeat(64 << 20);
    let mut tape = Tape::default();
    let pushed = (0..9).map(|place| tape.text(place, "", &large));
    let pushed: Vec<_> = pushed.collect();
    assert_eq!(pushed[6], Ok(()));
    assert_eq!(pushed[8], Err(Error::TooLarge));
}

#[test]
fn a_replaced_text_is_written_as_the_new_one() {
    let long = "0123456789abcdef".repeat(20);
    let texts = [
        "".to_owned(),
        "é".to_owned(),
        "è".to_owned(),
        "aé".to_owned(),
        "éa".to_owned(),
        "aa".to_owned(),
        "aaa".to_owned(),
        // Begin and end alike, and differ within a character.
        format!("{long}é{long}"),
        format!("{long}è{long}"),
        format!("{long}{long}"),
        format!("{long}[email]{long}"),
        format!("{long}x{long}y{long}"),
    ];
    for old in &texts {
        for new in &texts {
            let datum = encode(&Node::string(old.as_str())).unwrap();
            let mut tape = Tape::default();
            tape.text(0, old, new).unwrap();
            let mut out = Vec::new();
            rewrite_into(&mut out, Container::root(&datum).unwrap(), &tape).unwrap();
            let plain = encode(&Node::string(new.as_str())).unwrap();
            assert_eq!(out, plain, "{old} {new}");
        }
    }
}

//! Exchanges as recorders keep them: what they resend is shared.

use super::tests::taken;
use super::{input, shared};
use crate::json::{parse, print};

/// Recorders keep the body of a request under a name of their own, or as the text that was sent.
#[test]
fn exchanges_as_they_were_recorded_share_what_they_resend() {
    let exchange = |items: usize| {
        let history: Vec<String> = (0..items)
            .map(|n| format!(r#"{{"role":"user","content":"{n}{}"}}"#, "x".repeat(2000)))
            .collect();
        let sent = format!(r#"{{"messages":[{}], "n":1}}"#, history.join(", "));
        let text = crate::jsonb::encode(&crate::jsonb::Node::string(sent.clone())).unwrap();
        let text = print(&text).unwrap();
        let bodies = [("parsed_body", &sent), ("body", &sent), ("body", &text)];
        bodies.map(|(body, sent)| {
            format!(
                r#"{{"request":{{"method":"POST","{body}":{sent}}},"response":{{"{body}":{{"id":"r{items}"}}}}}}"#
            )
        })
    };
    let (shorter, longer) = (exchange(2), exchange(3));
    // Of a text, what is before the items and what is behind them are pieces as well.
    for ((first, second), around) in shorter.iter().zip(&longer).zip([0, 0, 1]) {
        // Put together they are what they were.
        let (skeleton, _) = taken(second, true).unwrap();
        assert!(skeleton.len() < 500, "{skeleton}");
        let [first, second] = [first, second].map(|call| parse(call).unwrap());
        let got = print(&input(&second).unwrap().unwrap()).unwrap();
        assert_eq!(got.matches("user").count(), 3);
        let [first, second] = [&first, &second].map(|call| shared(call).unwrap());
        let (first, second) = (&first.lists[0], &second.lists[0]);
        assert_eq!(first.nodes[..2 + around], second.nodes[..2 + around]);
        assert_eq!(second.nodes.len(), 3 + 2 * around);
        let same_end = first.digests.last() == second.digests.last();
        assert_eq!(same_end, around == 1);
    }
}

#[test]
fn a_member_with_the_name_of_a_reference_to_text_is_none() {
    let long = "x".repeat(2000);
    let sent = format!(r#"{{\"messages\":[\"{long}\",1]}}"#);
    let call = format!(
        r#"{{"body":"{sent}","n":{{"$input_text":{{"sha256":"{}","items":1}}}}}}"#,
        "0".repeat(64)
    );
    let (skeleton, detached) = taken(&call, true).unwrap();
    assert_eq!(detached.parts, 1);
    assert!(
        skeleton.contains(r#""body": {"$input_text": "#),
        "{skeleton}"
    );
    assert!(skeleton.contains(r#""n": {"$$input_text": "#), "{skeleton}");
}

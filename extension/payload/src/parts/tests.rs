//! Taken apart and put together, whatever the payload.

use super::*;
use crate::digest::digest;
use crate::json::{parse, print};

const LIMITS: Limits = Limits {
    attachment_bytes: 64,
    blob_bytes: 4096,
};

fn base64(bytes: usize) -> String {
    let mut text = String::new();
    base64::encode_into(&mut text, &vec![0xA7; bytes]);
    text
}

/// The skeleton of a payload, after putting its parts back gave the payload again.
pub fn taken(payload: &str, call: bool) -> Option<(String, Detached)> {
    let whole = parse(payload).unwrap();
    let shared = if call {
        shared(&whole).unwrap()
    } else {
        Shared::default()
    };
    let root = crate::jsonb::Container::root(&whole).unwrap();
    let detached = detach(root, &shared, LIMITS).unwrap()?;
    let values = |value| crate::jsonb::encode(&crate::jsonb::Node::from(value)).unwrap();
    let items: Vec<Vec<Vec<u8>>> = shared
        .lists
        .iter()
        .map(|list| list.items.iter().copied().map(values).collect())
        .collect();
    let constants: Vec<Vec<u8>> = shared.constants.iter().map(|c| values(c.value)).collect();
    let mut parts = Parts::default();
    for attachment in &detached.attachments {
        parts
            .attachments
            .insert(attachment.sha256, &attachment.content);
    }
    for (list, items) in shared.lists.iter().zip(&items) {
        let items = items.iter().map(Vec::as_slice).collect();
        parts.inputs.insert(*list.nodes.last().unwrap(), items);
    }
    for (constant, value) in shared.constants.iter().zip(&constants) {
        parts.shared.insert(constant.digest, value);
    }
    assert_eq!(
        assemble(&detached.skeleton, &parts).unwrap(),
        whole,
        "{payload}"
    );
    assert_eq!(
        references(&detached.skeleton).unwrap().len(),
        detached.parts,
        "every part has a reference that is found"
    );
    assert!(
        !assemble(&detached.skeleton, &Parts::default())
            .unwrap()
            .is_empty(),
        "what is missing is no error"
    );
    Some((print(&detached.skeleton).unwrap(), detached))
}

#[test]
fn attachments_of_every_format_are_decoded() {
    let data = base64(100);
    for (payload, media_type) in [
        (
            format!(r#"{{"image_url":"data:image/png;base64,{data}"}}"#),
            "image/png",
        ),
        (
            format!(r#"["Data:IMAGE/PNG;name=a;BASE64,{data}"]"#),
            "image/png",
        ),
        (format!(r#""data:;base64,{data}""#), "text/plain"),
        (
            format!(
                r#"{{"source":{{"type":"base64","media_type":"image/jpeg","data":"{data}"}}}}"#
            ),
            "image/jpeg",
        ),
        (
            format!(r#"{{"inlineData":{{"mimeType":"application/pdf","data":"{data}"}}}}"#),
            "application/pdf",
        ),
        (
            format!(r#"{{"inline_data":{{"mime_type":"video/mp4","data":"{data}"}}}}"#),
            "video/mp4",
        ),
        (
            format!(r#"{{"type":"audio","mimeType":"audio/ogg; codecs=opus","data":"{data}"}}"#),
            "audio/ogg",
        ),
        (
            format!(r#"{{"resource":{{"mimeType":"image/webp","blob":"{data}","uri":"x:y"}}}}"#),
            "image/webp",
        ),
        (
            format!(r#"{{"input_audio":{{"format":"wav","data":"{data}"}}}}"#),
            "audio/wav",
        ),
        (
            format!(r#"{{"type":"image_generation_call","result":"{data}"}}"#),
            "image/png",
        ),
    ] {
        let (skeleton, detached) = taken(&payload, false).unwrap_or_else(|| panic!("{payload}"));
        assert_eq!(detached.parts, 1, "{payload}");
        assert_eq!(detached.attachments[0].media_type, media_type, "{payload}");
        assert_eq!(detached.attachments[0].content, [0xA7; 100]);
        assert!(!skeleton.contains(&data), "{skeleton}");
    }
}

#[test]
fn what_is_no_attachment_stays() {
    let data = base64(100);
    for payload in [
        format!(r#"{{"data":"{data}"}}"#),
        format!(r#"{{"data":"{data}","format":"docx"}}"#),
        format!(r#"{{"data":"{data}","media_type":"none"}}"#),
        format!(r#"{{"text":"{data}","mimeType":"image/png"}}"#),
        format!(r#"{{"url":"data:image/png,{data}"}}"#),
        format!(
            r#"{{"url":"data:image/png;base64,{}"}}"#,
            &data[..data.len() - 1]
        ),
        format!(r#"{{"url":"data:image/png;base64,{data}\n"}}"#),
        format!(r#"{{"url":"data:image/png;base64,{}"}}"#, base64(63)),
        format!(r#"{{"url":"data:image/png;base64,{}"}}"#, base64(4097)),
        format!(r#"{{"arguments":"{{\"url\":\"data:image/png;base64,{data}\"}}"}}"#),
        r#"{"$attachment":{"bytes":1,"sha256":"00"},"$input":1}"#.to_owned(),
    ] {
        assert!(taken(&payload, false).is_none(), "{payload}");
    }
}

#[test]
fn names_that_look_like_references_come_back_as_they_were() {
    let zeros = "0".repeat(64);
    let payload = format!(
        r#"{{"url":"data:image/png;base64,{}","$attachment":{{"bytes":100,"sha256":"{zeros}"}},
            "$$attachment":1,"$input":{{"$shared":{{"bytes":1,"sha256":"{zeros}"}}}},"$other":2,"deep":[{{"$input":{{"items":2,"sha256":"{zeros}"}}}}]}}"#,
        base64(100)
    );
    let (skeleton, detached) = taken(&payload, false).unwrap();
    assert_eq!(detached.parts, 1);
    assert!(skeleton.contains(r#""$$input": {"$$shared""#), "{skeleton}");
    assert!(skeleton.contains(r#""$$$attachment": 1"#), "{skeleton}");
    assert!(skeleton.contains(r#""$other": 2"#), "{skeleton}");
}

#[test]
fn calls_that_go_on_share_their_nodes_and_constants() {
    let text = "a word and another one ".repeat(30);
    let item = |n: usize| format!(r#"{{"role":"user","content":"{n} {text}"}}"#);
    let call = |items: &[usize]| {
        let items: Vec<_> = items.iter().map(|n| item(*n)).collect();
        parse(&format!(
            r#"{{"model":"m","request":{{"messages":[{}],"tools":["{}"]}}}}"#,
            items.join(","),
            text.repeat(2)
        ))
        .unwrap()
    };
    let (short, long, fork) = (call(&[1, 2]), call(&[1, 2, 3]), call(&[1, 4, 3]));
    let [short, long, fork] = [&short, &long, &fork].map(|call| shared(call).unwrap());
    assert_eq!(short.lists[0].nodes, long.lists[0].nodes[..2]);
    assert_eq!(short.lists[0].nodes[0], fork.lists[0].nodes[0]);
    assert_ne!(long.lists[0].nodes[2], fork.lists[0].nodes[2]);
    assert_eq!(long.lists[0].digests[2], fork.lists[0].digests[2]);
    assert_eq!(long.constants[0].digest, fork.constants[0].digest);
    let first = digest(&parse(&item(1)).unwrap()).unwrap();
    assert_eq!(long.lists[0].nodes[0], sha256(&first));

    let payload = print(&call(&[1, 2, 3])).unwrap();
    let (skeleton, detached) = taken(&payload, true).unwrap();
    assert_eq!(detached.parts, 2);
    assert!(skeleton.len() < 400, "{skeleton}");
    assert_eq!(
        print(&input(&call(&[1])).unwrap().unwrap()).unwrap(),
        format!("[{}]", print(&parse(&item(1)).unwrap()).unwrap())
    );
    assert!(taken(&payload, false).is_none(), "only model calls share");
}

#[test]
fn a_reference_never_makes_a_payload_too_deep() {
    for depth in 250..256 {
        let payload = format!(
            r#"{}"data:image/png;base64,{}"{}"#,
            "[".repeat(depth),
            base64(100),
            "]".repeat(depth)
        );
        let taken = taken(&payload, false);
        assert_eq!(taken.is_some(), depth <= 254, "{depth}");
    }
}

#[test]
fn a_cap_over_a_skeleton_says_what_the_whole_was_and_keeps_no_part_that_is_lost() {
    let payload = format!(
        r#"{{"a":"data:image/png;base64,{}","log":"{}"}}"#,
        base64(100),
        "line ".repeat(2000)
    );
    let whole = parse(&payload).unwrap();
    let digest = digest(&whole).unwrap();
    let content = Content::new(&whole, digest, &Shared::default(), LIMITS).unwrap();
    for max in [4096, 64] {
        let mut content = Content::new(&whole, digest, &Shared::default(), LIMITS).unwrap();
        content.limit(max).unwrap();
        assert!(content.truncated());
        assert_eq!(content.parts, content.attachments.len());
        assert_eq!(references(&content.payload).unwrap().len(), content.parts);
        assert_eq!(content.parts, usize::from(max == 4096));
    }
    let inline = print(&content.inline(1000).unwrap().unwrap()).unwrap();
    let hex = crate::digest::hex(&digest);
    assert!(
        inline.contains(&hex)
            && inline.contains(&format!("\"bytes\": {}", crate::cap::size(&whole))),
        "{inline}"
    );
}

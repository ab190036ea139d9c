//! `claude-code`: session lines, a tree of them, several to a response.

use std::collections::BTreeSet;
use tests::projected::{each_conversation, tally};

#[test]
fn the_real_sessions() {
    let Some(t) = tally("claude-code-jsonl", "claude-code-jsonl") else {
        return;
    };
    // A file that its authors made of broken lines: text, a number, a list, an object of no type.
    assert_eq!(t.refused.len(), 4, "{:#?}", t.refused);
    let broken = |line: &String| line.starts_with("test/test_data/edge_cases.jsonl item 1");
    assert!(t.refused.iter().all(broken), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (8789, 0));
    let kinds: Vec<_> = t.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [
            ("", 4),
            ("compaction", 13),
            ("file-history-snapshot", 335),
            ("message", 1259),
            ("pr-link", 1),
            ("progress", 1076),
            ("queue-operation", 28),
            ("reasoning", 1626),
            ("stop_hook_summary", 158),
            ("summary", 66),
            ("tool_call", 2062),
            ("tool_result", 2055),
            ("turn_duration", 97),
            ("unparsed_line", 9),
        ]
    );
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (2063, 2055, 0, 8)
    );
    // Several lines of a response repeat its usage; the run counts it once.
    assert_eq!((t.runs, t.with_usage, t.with_model), (1997, 4673, 4673));
}

#[test]
fn lines_follow_their_parents_and_sidechains_have_agents() {
    let (mut lines, mut roots, mut lost, mut aside) = (0, 0, 0, 0);
    if tests::corpus::transcripts().is_none() {
        return;
    }
    each_conversation("claude-code-jsonl", "claude-code-jsonl", |_, events| {
        let own: BTreeSet<_> = events.iter().filter_map(|e| e.item_id.as_deref()).collect();
        for event in events.iter().filter(|e| e.item_id.is_some()) {
            lines += 1;
            match event.parent_id.as_deref() {
                None => roots += 1,
                Some(parent) => lost += usize::from(!own.contains(parent)),
            }
            aside += usize::from(event.agent.is_some());
        }
    });
    // Files begin where a session was resumed or a line was lost: these parents are not there.
    assert_eq!((lines, roots, lost, aside), (8341, 51, 9, 168));
}

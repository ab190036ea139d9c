//! `claude-code`: session lines, a tree of them, several to a response.

use crate::projected::tally;

#[test]
fn the_real_sessions() {
    let Some(t) = tally("claude-code-jsonl", "claude-code-jsonl") else {
        return;
    };
    eprintln!("{t:#?}");
    assert!(t.refused.is_empty());
}

//! `openai-chat`: messages with calls as JSON text, results as messages of role `tool`.

use crate::projected::tally;

#[test]
fn the_real_messages() {
    let Some(t) = tally("openai-chat-messages", "openai-chat-messages") else {
        return;
    };
    assert!(t.refused.is_empty(), "{:#?}", t.refused);
    assert_eq!((t.events, t.repeated), (3494, 0));
    assert_eq!(
        (t.calls, t.answers, t.without_call, t.open),
        (675, 675, 0, 0)
    );
}

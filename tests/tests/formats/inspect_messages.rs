use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("inspect-ai-sample", "inspect-ai-sample/messages") else {
        return;
    };
    eprintln!("inspect-ai-sample/messages {t:#?}");
}

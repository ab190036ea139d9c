use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("http-cassette", "http-cassette/anthropic-messages") else {
        return;
    };
    eprintln!("http-cassette/anthropic-messages {t:#?}");
}

use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("http-cassette", "http-cassette/openai-chat") else {
        return;
    };
    eprintln!("http-cassette/openai-chat {t:#?}");
}

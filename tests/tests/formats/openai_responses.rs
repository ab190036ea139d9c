use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("http-cassette", "http-cassette/openai-responses") else {
        return;
    };
    eprintln!("http-cassette/openai-responses {t:#?}");
}

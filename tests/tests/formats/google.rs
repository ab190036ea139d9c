use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("http-cassette", "http-cassette/google-generate-content") else {
        return;
    };
    eprintln!("http-cassette/google-generate-content {t:#?}");
}

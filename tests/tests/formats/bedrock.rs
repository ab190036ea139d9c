use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("http-cassette", "http-cassette/bedrock") else {
        return;
    };
    eprintln!("http-cassette/bedrock {t:#?}");
}

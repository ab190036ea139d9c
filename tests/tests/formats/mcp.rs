use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("http-cassette", "http-cassette/mcp") else {
        return;
    };
    eprintln!("http-cassette/mcp {t:#?}");
}

use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("provider-stream", "provider-stream/") else {
        return;
    };
    eprintln!("provider-stream/ {t:#?}");
}

use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("provider-response", "provider-response/") else {
        return;
    };
    eprintln!("provider-response/ {t:#?}");
}

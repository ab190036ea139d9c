use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("invariant-trace", "invariant-trace") else {
        return;
    };
    eprintln!("invariant-trace {t:#?}");
}

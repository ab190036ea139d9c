use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("swe-agent", "swe-agent-history") else {
        return;
    };
    eprintln!("swe-agent-history {t:#?}");
}

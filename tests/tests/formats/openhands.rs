//! `openhands`

use crate::projected::tally;

#[test]
fn probe() {
    let Some(t) = tally("openhands-events", "openhands-events") else {
        return;
    };
    eprintln!("openhands {t:#?}");
}

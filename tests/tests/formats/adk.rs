//! `adk`

use crate::projected::tally;

#[test]
fn probe() {
    let Some(t) = tally("google-adk-session", "google-adk") else {
        return;
    };
    eprintln!("adk {t:#?}");
}

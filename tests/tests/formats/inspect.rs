//! `inspect`

use crate::projected::tally;

#[test]
fn probe() {
    let Some(t) = tally("inspect-ai-sample", "inspect-ai-sample/events") else {
        return;
    };
    eprintln!("inspect {t:#?}");
}

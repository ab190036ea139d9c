//! `atif`

use crate::projected::tally;

#[test]
fn probe() {
    let Some(t) = tally("atif-trajectory", "atif") else {
        return;
    };
    eprintln!("atif {t:#?}");
}

//! `litellm`

use crate::projected::tally;

#[test]
fn probe() {
    let Some(t) = tally("litellm-call-log", "litellm") else {
        return;
    };
    eprintln!("litellm {t:#?}");
}

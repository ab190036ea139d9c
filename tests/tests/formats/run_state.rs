//! `run_state`

use crate::projected::tally;

#[test]
fn probe() {
    let Some(t) = tally("openai-agents-run-state", "openai-agents-run-state") else {
        return;
    };
    eprintln!("run_state {t:#?}");
}

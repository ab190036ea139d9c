//! `swe_agent`

use crate::projected::tally;

#[test]
fn probe() {
    let Some(t) = tally("swe-agent", "swe-agent-traj") else {
        return;
    };
    eprintln!("swe_agent {t:#?}");
}

//! How far the sweep of a tenant is: a bar on a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::receipt::Receipt;
use crate::cli::When;

/// A bar over the tenant's conversations.
pub struct Bar(ProgressBar);

impl Bar {
    pub fn new(when: When, conversations: u64) -> Self {
        let target = if std::io::stderr().is_terminal() && when != When::Never {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(conversations), target);
        let template = "{bar:24} {pos}/{len} conversations, {msg} {elapsed} (eta {eta})";
        bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Bar(bar)
    }

    pub fn show(&self, receipt: &Receipt) {
        let of =
            |counts: &super::receipt::Counts, name: &str| counts.get(name).copied().unwrap_or(0);
        self.0
            .set_position(of(&receipt.looked, "conversations") + receipt.held);
        self.0.set_message(format!(
            "{} events, {} changed",
            of(&receipt.looked, "events"),
            of(&receipt.changed, "events")
        ));
    }

    pub fn say(&self, message: &'static str) {
        self.0.set_message(message);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

//! How far the import is: a bar on a terminal, or a line now and then.

use std::fmt::Arguments;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::When;

/// Between two lines where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(5);

/// Progress on stderr, and the messages that must not tear it.
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    items: u64,
    /// When the last line was printed; none if lines are not wanted.
    printed: Option<Instant>,
}

impl Progress {
    /// `total` is the inputs' size in bytes, if it is known.
    pub fn new(when: When, total: Option<u64>) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal && when != When::Never {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(total, target);
        let template = match total {
            Some(_) => "{bar:24} {bytes}/{total_bytes} {msg} {elapsed} (eta {eta})",
            None => "{spinner} {bytes} {msg} {elapsed}",
        };
        bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let started = Instant::now();
        let printed = (when == When::Always && !terminal).then_some(started);
        Self {
            bar,
            started,
            items: 0,
            printed,
        }
    }

    /// For the reader, which moves it by the bytes it reads.
    pub fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Counts items that have a verdict.
    pub fn items(&mut self, count: usize) {
        self.items += count as u64;
        let rate = self.items as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let message = format!("{} items, {rate:.0}/s", self.items);
        if self
            .printed
            .is_some_and(|printed| printed.elapsed() >= INTERVAL)
        {
            eprintln!("{} read, {message}", HumanBytes(self.bar.position()));
            self.printed = Some(Instant::now());
        }
        self.bar.set_message(message);
    }

    /// Prints a message above the bar.
    pub fn say(&self, message: Arguments<'_>) {
        self.bar.suspend(|| eprintln!("{message}"));
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

//! Ctrl-C: the first lets the current batch finish, the second ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Says whether the user asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    notify: Arc<Notify>,
}

impl Interrupt {
    /// Starts listening.
    pub fn listen() -> Self {
        let interrupt = Self::default();
        let heard = interrupt.clone();
        tokio::spawn(async move {
            // Without a handler the signal ends the process, which is safe too, only less polite.
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            heard.asked.store(true, Ordering::Relaxed);
            heard.notify.notify_one();
            eprintln!("finishing the current batch; press Ctrl-C again to stop at once");
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
        interrupt
    }

    /// Whether to stop now.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Ends when the user asks to stop.
    pub async fn wait(&self) {
        self.notify.notified().await;
    }
}

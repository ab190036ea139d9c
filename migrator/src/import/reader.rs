//! Reads ahead on a thread of its own, so that decompression and a waiting pipe hold nobody up.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use indicatif::ProgressBar;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::input::{self, Input, Line};

/// Lines read ahead: few, for each may be as long as the longest allowed.
const AHEAD: usize = 2;

/// What the reader has to say.
#[derive(Debug)]
pub enum Event {
    Line {
        path: Arc<PathBuf>,
        number: u64,
        line: Line,
    },
    /// The input cannot be read on; nothing follows.
    Failed { path: PathBuf, reason: io::Error },
}

/// Starts reading all inputs in order; the channel closes after the last line.
pub fn start(
    inputs: Vec<Input>,
    longest: usize,
    kept_of_longer: usize,
    bar: ProgressBar,
) -> Receiver<Event> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        for input in inputs {
            let path = Arc::new(input.path());
            match read(&input, &path, longest, kept_of_longer, &bar, &sender) {
                Ok(true) => {}
                Ok(false) => return,
                Err(reason) => {
                    let path = input.path();
                    // If nobody listens any more there is nothing left to report to.
                    let _ = sender.blocking_send(Event::Failed { path, reason });
                    return;
                }
            }
        }
    });
    receiver
}

/// False once nobody listens.
fn read(
    input: &Input,
    path: &Arc<PathBuf>,
    longest: usize,
    kept_of_longer: usize,
    bar: &ProgressBar,
    sender: &Sender<Event>,
) -> io::Result<bool> {
    let mut lines = input.open(bar)?;
    let mut number = 0;
    while let Some(line) = input::next_line(&mut *lines, longest, kept_of_longer)? {
        number += 1;
        let event = Event::Line {
            path: Arc::clone(path),
            number,
            line,
        };
        if sender.blocking_send(event).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

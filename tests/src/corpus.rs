//! The real transcripts beside the project, read where they lie.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The folder of the transcripts; `None`, said aloud, where it is absent.
pub fn transcripts() -> Option<PathBuf> {
    shared("transcripts")
}

/// A folder of the shared data; `None`, said aloud, where it is absent.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("ABSENT: ../shared/data/{folder}: nothing to test with");
    None
}

/// The lines of a `.zst` file, of any window size.
pub fn lines(path: &Path) -> impl Iterator<Item = String> + use<> {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut decoder = zstd::Decoder::new(file).expect("zstd");
    decoder.window_log_max(31).expect("zstd");
    BufReader::new(decoder).lines().map(|line| line.expect("UTF-8"))
}

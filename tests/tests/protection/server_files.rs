//! The server's own files, searched where they lie.

use std::path::{Path, PathBuf};
use std::process::Command;
use tests::Session;

/// Names of the files under a directory that contain a text; `None`, said aloud, where unreadable.
pub fn files_with(directory: &Path, text: &str) -> Option<Vec<String>> {
    if std::fs::read_dir(directory).is_err() {
        eprintln!("UNREADABLE: {}: not searched", directory.display());
        return None;
    }
    let out = Command::new("grep")
        .args(["-rlaF", text])
        .arg(directory)
        .output()
        .expect("grep runs");
    Some(
        String::from_utf8_lossy(&out.stdout)
            .lines()
            .map(str::to_owned)
            .collect(),
    )
}

pub async fn data_directory(dba: &mut Session) -> PathBuf {
    PathBuf::from(dba.text("select current_setting('data_directory')").await)
}

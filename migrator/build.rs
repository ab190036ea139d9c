//! Lists the project's `sql/` files as `include_str!` lines, so that the binary carries them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// In the order in which the migrator applies them.
const FOLDERS: [&str; 4] = ["migrations", "functions", "policies", "jobs"];

fn main() {
    let crate_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let sql = crate_dir.join("../sql");
    println!("cargo:rerun-if-changed={}", sql.display());

    let mut list = String::from("&[\n");
    for folder in FOLDERS {
        for file in sql_files(&sql.join(folder)) {
            let name = file
                .file_name()
                .and_then(|n| n.to_str())
                .expect("an ASCII file name");
            let path = file.to_str().expect("a UTF-8 path");
            writeln!(
                list,
                "    ({:?}, include_str!({path:?})),",
                format!("{folder}/{name}")
            )
            .expect("writing to a String");
        }
    }
    list.push_str("]\n");

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("sql_tree.rs"), list).expect("OUT_DIR is writable");
}

/// The folder's `*.sql`, by name; a folder git does not keep because it is empty counts as empty.
fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    files.sort();
    files
}

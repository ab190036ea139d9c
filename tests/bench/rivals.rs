//! What one would otherwise use, from the registries: programs that read cases and answer them.
//!
//! `setup/rivals` installs them and says where; what could not be installed is left out, aloud.

use crate::cases::Answer;
use crate::turns::TURNS;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const RUNNERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/rivals");

/// Where `setup/rivals` put them; nowhere when it could not.
pub struct Rivals {
    folder: Option<PathBuf>,
}

pub struct Redactor {
    pub name: &'static str,
    interpreter: PathBuf,
    folder: PathBuf,
    script: &'static str,
}

impl Rivals {
    pub fn installed() -> Rivals {
        let folder = std::env::var_os("PG_TRANSCRIPT_RIVALS")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from);
        Rivals { folder }
    }

    /// The redactors that are there.
    pub fn redactors(&self) -> Vec<Redactor> {
        let all = [
            ("Presidio 2.2.366, patterns", "python", "presidio.py"),
            ("detect-secrets 1.5.0", "python", "detect_secrets_scan.py"),
            (
                "@pinojs/redact 0.4.0, 22 keys on 4 levels",
                "node",
                "pino.cjs",
            ),
        ];
        all.into_iter()
            .filter_map(|(name, program, script)| {
                let interpreter = self.interpreter(name, program)?;
                let folder = self.folder.clone()?;
                Some(Redactor {
                    name,
                    interpreter,
                    folder,
                    script,
                })
            })
            .collect()
    }

    /// Runs the script that keeps a conversation as LangGraph does, in the database of `url`.
    pub fn langgraph(&self, url: &str, conversation: &str) -> Option<String> {
        let python = self.interpreter("LangGraph", "python")?;
        let mut command = Command::new(python);
        command
            .arg(Path::new(RUNNERS).join("langgraph_turns.py"))
            .env("DATABASE_URL", url)
            .env("TURNS", TURNS.map(|turns| turns.to_string()).join(","));
        output_of("LangGraph", command, conversation)
    }

    fn interpreter(&self, name: &str, program: &str) -> Option<PathBuf> {
        let path = self.folder.as_ref().map(|folder| folder.join(program));
        let found = path.filter(|path| path.exists());
        if found.is_none() {
            println!("LEFT OUT: {name}: setup/rivals did not install it");
        }
        found
    }
}

impl Redactor {
    /// The answer to each case, by its id; `None`, said aloud, when the redactor fails.
    pub fn answers(&self, cases: &str) -> Option<HashMap<String, Answer>> {
        #[derive(Deserialize)]
        struct Line<'a> {
            id: String,
            #[serde(borrow)]
            output: Option<&'a RawValue>,
            text: Option<String>,
            ms: f64,
        }
        let mut command = Command::new(&self.interpreter);
        command
            .arg(Path::new(RUNNERS).join(self.script))
            .env("NODE_PATH", self.folder.join("node_modules"));
        let lines = output_of(self.name, command, cases)?;
        let answers = lines.lines().map(|line| {
            let line: Line<'_> = serde_json::from_str(line).expect("an answer");
            let output = line.output.map(|raw| raw.get().to_owned()).or(line.text);
            (
                line.id,
                Answer {
                    output: output.expect("output or text"),
                    ms: line.ms,
                },
            )
        });
        Some(answers.collect())
    }
}

fn output_of(name: &str, mut command: Command, input: &str) -> Option<String> {
    let mut child = command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    // Written beside the reading: a pipe holds less than either has to say.
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("a child ends");
    let written = writer.join().expect("no panic");
    if output.status.success() && written.is_ok() {
        return String::from_utf8(output.stdout).ok();
    }
    println!("LEFT OUT: {name}: it ended with {}", output.status);
    None
}

//! Passwords that a command reads from its input: `echo s3cret | docker login --password-stdin`.

use super::super::spans::Hits;
use super::Input;
use super::command::{find_pair, find_word};

/// What the reading command is known by.
pub(crate) const READERS: [&str; 14] = [
    "--password-stdin",
    "sudo -S",
    "--with-token",
    "chpasswd",
    "passwd --stdin",
    "sudo --stdin",
    "--pass-stdin",
    "secret put",
    "secrets create",
    "vercel env add",
    "p4 login",
    "cryptsetup open",
    "keepassxc-cli",
    "passwd ",
];
const LINE_MAX: usize = 400;

/// The word that is piped into the reader at `at..end`.
pub(crate) fn find(input: &Input<'_>, at: usize, end: usize, hits: &mut Hits) {
    // bash: reader <<< word
    let redirected = input.run(end, 40, |b| b != b'\n' && b != b'<' && b != b'|');
    if input.bytes[redirected..].starts_with(b"<<<") {
        let word = input.run(redirected + 3, 4, |b| b == b' ');
        find_word(input, word, hits);
        return;
    }
    let line = input.run_back(at, LINE_MAX, |b| b != b'\n');
    let Some(pipe) = input.text[line..at].rfind('|') else {
        return;
    };
    let command = &input.text[line..line + pipe];
    let Some((echo, verb)) = ["echo ", "printf "]
        .iter()
        .find_map(|v| Some((command.rfind(v)?, *v)))
    else {
        return;
    };
    let mut word = line + echo + verb.len();
    // Options of echo, the format of printf.
    while ["-", "%", "'%", "\"%"]
        .iter()
        .any(|o| input.text[word..].starts_with(o))
    {
        word = input.run(word, 12, |b| b != b' ');
        let next = input.run(word, 4, |b| b == b' ');
        if next == word {
            return;
        }
        word = next;
    }
    // chpasswd reads name:password.
    if input.bytes[at..end].eq_ignore_ascii_case(b"chpasswd") {
        find_pair(input, word, hits);
    } else {
        find_word(input, word, hits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_piped_in() {
        for (text, secret) in [
            (
                "echo s3cret9 | docker login -u ci --password-stdin r",
                Some("s3cret9"),
            ),
            ("echo -n 's3cret9' | sudo -S apt update", Some("s3cret9")),
            ("gh auth login --with-token <<< s3cret9", Some("s3cret9")),
            ("echo 'bob:s3cret9' | chpasswd", Some("s3cret9")),
            ("wrangler secret put API_KEY <<< s3cret9", Some("s3cret9")),
            ("printf 's3cret9' | passwd app", Some("s3cret9")),
            ("echo $PASSWORD | docker login --password-stdin", None),
            ("cat pw.txt | docker login --password-stdin", None),
        ] {
            let mut hits = Hits::default();
            for reader in READERS {
                if let Some(at) = text.find(reader) {
                    find(&Input::new(text, ""), at, at + reader.len(), &mut hits);
                }
            }
            assert_eq!(
                hits.iter().next().map(|h| &text[h.start..h.end]),
                secret,
                "{text}"
            );
        }
    }
}

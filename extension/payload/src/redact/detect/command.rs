//! Commands that take a password in a short option: `sshpass -p`, `curl -u`, `mysql -p…`.

use super::super::kind::Kind;
use super::super::spans::Hits;
use super::super::values::{is_expression, is_placeholder};
use super::Input;

/// How far behind the command its options are looked for.
const REACH: usize = 300;
const VALUE_MAX: usize = 200;

/// Where in an option's word the password is.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// The next word.
    Next,
    /// The same word, right behind the option; the next word is something else.
    Glued,
    /// The next word, behind its first colon or percent sign.
    Pair,
}

pub(crate) struct Command {
    pub name: &'static str,
    options: &'static [(&'static str, Form)],
}

use Form::{Glued, Next, Pair};

pub(crate) static COMMANDS: [Command; 22] = [
    c("curl", &[("-u", Pair), ("--user", Pair), ("-U", Pair), ("--proxy-user", Pair)]),
    c("sshpass", &[("-p", Next), ("-p", Glued)]),
    c("mysql", &[("-p", Glued)]),
    c("mysqldump", &[("-p", Glued)]),
    c("mysqladmin", &[("-p", Glued)]),
    c("mariadb", &[("-p", Glued)]),
    c("mongo", &[("-p", Next)]),
    c("redis-cli", &[("-a", Next)]),
    c("docker login", &[("-p", Next)]),
    c("podman login", &[("-p", Next)]),
    c("helm registry login", &[("-p", Next)]),
    c("oc login", &[("-p", Next)]),
    c("az login", &[("-p", Next)]),
    c("twine upload", &[("-p", Next)]),
    c("ldapsearch", &[("-w", Next)]),
    c("ldapadd", &[("-w", Next)]),
    c("ldapmodify", &[("-w", Next)]),
    c("sqlcmd", &[("-P", Next)]),
    c("smbclient", &[("-U", Pair)]),
    c("ipmitool", &[("-P", Next)]),
    c("htpasswd", &[]),
    c("unzip", &[("-P", Next)]),
];

const fn c(name: &'static str, options: &'static [(&'static str, Form)]) -> Command {
    Command { name, options }
}

/// The options of a command whose name ends at `end`.
pub(crate) fn find(input: &Input<'_>, command: &Command, start: usize, end: usize, hits: &mut Hits) {
    if super::is_word(input.before(start)) || super::is_word(input.byte(end)) && command.name != "mongo" {
        return;
    }
    let mut at = end;
    let stop = (end + REACH).min(input.bytes.len());
    let mut words = 0;
    let mut flags: Option<usize> = None;
    while at < stop {
        at = input.run(at, REACH, |b| b == b' ' || b == b'\t' || b == b'\\');
        let word = at;
        let word_end = quoted_end(input, word);
        if word_end == word || matches!(input.byte(word), b'|' | b';' | b'\n' | b'&') {
            return;
        }
        let text = &input.bytes[word..word_end];
        for (option, form) in command.options {
            if *form == Glued && text.len() > option.len() && text.starts_with(option.as_bytes()) {
                hide(input, word + option.len(), word_end, hits);
            } else if *form != Glued && text == option.as_bytes() {
                let from = input.run(word_end, 4, |b| b == b' ' || b == b'\t' || b == b'=');
                value(input, from, *form, hits);
            }
        }
        // htpasswd -b[…] file user password
        if command.name == "htpasswd" {
            if text.starts_with(b"-") {
                flags = flags.or(text.contains(&b'b').then_some(words));
            } else {
                words += 1;
            }
            if flags.is_some() && words == 3 {
                hide(input, word, word_end, hits);
                return;
            }
        }
        at = word_end;
    }
}

/// End of a shell word: spaces inside quotes belong to it.
fn quoted_end(input: &Input<'_>, at: usize) -> usize {
    let mut quote = 0u8;
    input.run(at, VALUE_MAX, |b| {
        if quote != 0 {
            if b == quote {
                quote = 0;
            }
            return b != b'\n';
        }
        if matches!(b, b'\'' | b'"') {
            quote = b;
            return true;
        }
        !b.is_ascii_whitespace() && !matches!(b, b'|' | b';' | b')' | b'`')
    })
}

fn value(input: &Input<'_>, at: usize, form: Form, hits: &mut Hits) {
    let end = quoted_end(input, at);
    if form == Pair {
        let separator = input.bytes[at..end].iter().position(|b| matches!(b, b':' | b'%'));
        if let Some(found) = separator {
            hide(input, at + found + 1, end, hits);
        }
        return;
    }
    if input.byte(at) != b'-' {
        hide(input, at, end, hits);
    }
}

/// Hides a word without its quotes, unless it is a variable.
fn hide(input: &Input<'_>, start: usize, end: usize, hits: &mut Hits) {
    let quote = |b: u8| matches!(b, b'"' | b'\'');
    let from = input.run(start, 1, quote);
    let stop = input.run_back(end, 1, quote).max(from);
    let value = &input.text[from..stop];
    let call = value.starts_with('$') || value.starts_with('-') || value.starts_with('`');
    if !is_placeholder(value) && !call && !(value.contains('(') && is_expression(value)) {
        hits.push(from, stop, Kind::ASSIGNMENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let mut hits = Hits::default();
        for command in &COMMANDS {
            if let Some(at) = text.find(command.name) {
                find(&Input::new(text, ""), command, at, at + command.name.len(), &mut hits);
            }
        }
        hits.iter().next().map(|h| &text[h.start..h.end])
    }

    #[test]
    fn passwords_in_short_options() {
        for (text, password) in [
            ("curl -s -u deploy:Tr0ub4dor -T x https://h", "Tr0ub4dor"),
            ("curl -u 'a:b c' https://h", "b c"),
            ("sshpass -p w1nter ssh ops@h", "w1nter"),
            ("mysql -uroot -ps3cret db", "s3cret"),
            ("redis-cli -h x -a hunter2 ping", "hunter2"),
            ("docker login -u ci -p \"pa55\" r.example.com", "pa55"),
            ("htpasswd -bc .htpasswd bob s3cret", "s3cret"),
        ] {
            assert_eq!(found(text), Some(password), "{text}");
        }
    }

    #[test]
    fn other_options_stay() {
        for text in [
            "curl -s https://h", "curl -u \"$USER:$PW\" h", "mysql -p db", "docker run -p 80:80 x", "sshpass -p $PW ssh h",
            "curl -u user h; foo -u a:b", "mysql -u root -p",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

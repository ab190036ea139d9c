//! Arrays of strings that belong together: command lines, and names with their values behind them.

use super::detect::command::{self, Command, Form};
use super::detect::commands::COMMANDS;
use super::detect::{pem, token};
use super::inherited::Inherited;
use super::keys::Class;
use super::kind::Kind;
use super::mask;
use super::member::{Place, SEALED};
use super::policy::{Detector, Plan, Secret};
use super::values::{is_expression, is_opaque, is_placeholder};

/// A command stands among the first of its words.
const COMMAND_REACH: usize = 5;
const COMMAND_MAX: usize = 24;
const NAME_LENGTHS: std::ops::RangeInclusive<usize> = 3..=48;
const BESIDE_MIN: usize = 12;
const PASSWORD_MIN: usize = 10;

/// Walks the strings of an array.
#[derive(Default)]
pub(super) struct Arguments {
    /// The item before is an option that takes a secret.
    expected: Option<Secret>,
    /// The item before is the name of one: `["X-Api-Key", "…"]`.
    named: Option<Secret>,
    seen: usize,
    /// Words without a dash since the command.
    words: usize,
    command: Option<&'static Command>,
    /// The item before is an option of the command.
    option: Option<Form>,
    /// What may be the first word of a command.
    last: Option<&'static str>,
    /// The item before is an option that takes a secret in some commands: `-p`.
    hinted: bool,
    /// The same for a name and a secret: `-u`.
    paired: bool,
    /// Among the lines of a private key.
    in_key: bool,
    aws_id: bool,
}

impl Arguments {
    /// The place of the next item.
    pub fn next(&mut self, plan: &Plan, inherited: Inherited<'_>, item: &str) -> Place {
        match inherited {
            Inherited::Secret(secret) => return Place::Secret(secret),
            Inherited::All => return Place::Secret(SEALED),
            Inherited::Nothing | Inherited::Rows(_) | Inherited::Row(_) => {}
        }
        let dashed = item.starts_with('-');
        let (expected, named) = (self.expected.take(), self.named.take());
        let hinted = std::mem::replace(&mut self.hinted, matches!(item, "-p" | "-k" | "--key"));
        let place = match (expected, named) {
            (Some(secret), _) if !dashed => Place::Secret(secret),
            (_, Some(secret)) if is_beside(secret, item) => Place::Secret(secret),
            _ if hinted && is_random(item) => Place::Secret(SEALED),
            _ => self.lines(plan, item),
        };
        if !NAME_LENGTHS.contains(&item.len().saturating_sub(usize::from(dashed))) {
            return place;
        }
        if dashed && !item.contains(['=', ' ']) {
            self.expected = plan.secret(item.trim_start_matches('-'));
        } else if place == Place::Plain && !dashed && is_name(item) {
            self.named = plan.secret(item);
        }
        place
    }

    /// Where the password begins in an item, by the command that the array is.
    pub fn password_in(&mut self, plan: &Plan, item: &str) -> Option<usize> {
        let option = self.option.take();
        if let Some(value) = item.strip_prefix("--key=")
            && plan.has(Detector::Assignment)
            && is_random(value)
        {
            return Some("--key=".len());
        }
        let paired = std::mem::replace(&mut self.paired, matches!(item, "-u" | "--user"));
        let Some(command) = self.command else {
            self.look_for_command(item);
            let (name, value) = item.split_once(':')?;
            let found = paired && plan.has(Detector::Assignment) && is_password(value);
            return found.then_some(name.len() + 1);
        };
        if !plan.has(Detector::Assignment) {
            return None;
        }
        // A name that was hidden has a colon too.
        let hidden = mask::at_start(item.as_bytes()).unwrap_or(0);
        let item = &item[hidden..];
        let found = command.argument(item, option, self.words);
        self.option = command.option(item);
        self.words += usize::from(!item.starts_with('-'));
        let from = found?;
        (!command::is_variable(&item[from..]) && !is_placeholder(&item[from..]))
            .then_some(hidden + from)
    }

    /// `["mysql", …]`, `["/usr/bin/docker", "login", …]`.
    fn look_for_command(&mut self, item: &str) {
        self.seen += 1;
        if self.seen > COMMAND_REACH {
            return;
        }
        let name = item.rsplit('/').next().unwrap_or(item);
        let last = self.last.take();
        if name.len() > COMMAND_MAX {
            return;
        }
        let first = name.bytes().next();
        for command in COMMANDS {
            // Of most words this is all that is looked at.
            if command.name.bytes().next() == first {
                if command.name == name {
                    self.command = Some(command);
                } else if command.begins_with(name) {
                    self.last = Some(&command.name[..name.len()]);
                }
            }
            if last.is_some_and(|last| command.is_called(last, name)) {
                self.command = Some(command);
            }
        }
        // `http`, `-a`: the option is part of the name.
        self.option = self.command.and_then(|command| command.option(name));
    }

    /// Lines of a private key, and the secret that belongs to an AWS key id.
    fn lines(&mut self, plan: &Plan, item: &str) -> Place {
        if item.starts_with("-----") {
            self.in_key = pem::is_begin(item) && plan.has(Detector::PrivateKey);
        } else if self.in_key {
            let line = item.trim();
            if !line.contains(' ') && !is_placeholder(line) {
                return Place::Part(Kind::PRIVATE_KEY, 0);
            }
        }
        self.aws_id |= token::is_aws_id(item);
        if self.aws_id && token::is_aws_secret(item) && plan.has(Detector::VendorToken) {
            return Place::Part(token::AWS_SECRET, 0);
        }
        Place::Plain
    }

    pub fn skip(&mut self) {
        self.expected = None;
        self.named = None;
        self.option = None;
        self.hinted = false;
        self.paired = false;
    }
}

/// What is no number, path or host.
fn is_password(value: &str) -> bool {
    is_opaque(value, PASSWORD_MIN) && !value.contains(['/', ':', '.', '=', ','])
}

/// A word that names something, as headers and variables are named.
fn is_name(item: &str) -> bool {
    item.bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// Letters in both cases and digits, and nothing else.
fn is_random(item: &str) -> bool {
    (16..=512).contains(&item.len())
        && item.bytes().all(|b| b.is_ascii_alphanumeric())
        && item.bytes().any(|b| b.is_ascii_uppercase())
        && item.bytes().any(|b| b.is_ascii_lowercase())
        && item.bytes().any(|b| b.is_ascii_digit())
}

/// Behind a name that only stands in the same array a value must look like one.
fn is_beside(secret: Secret, item: &str) -> bool {
    match secret.class {
        Class::Cookie => item.contains('='),
        Class::Authorization => item.contains(' ') || is_opaque(item, BESIDE_MIN),
        Class::Code | Class::Opaque => false,
        Class::Secret | Class::Token => {
            item.len() <= 512 && is_opaque(item, BESIDE_MIN) && !is_expression(item)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::json;
    use crate::jsonb::Container;
    use crate::redact::{Policy, Subject, redact};

    fn redacted(text: &str) -> String {
        let document = json::parse(Policy::builtin("secrets").unwrap()).unwrap();
        let policy = Policy::compile(Container::root(&document).unwrap()).unwrap();
        let input = json::parse(text).unwrap();
        let output = redact(&input, &policy, &Subject::default()).unwrap();
        json::print(&output.map_or(input, |(changed, _)| changed)).unwrap()
    }

    /// As jsonb and as JSON in a string.
    fn both(text: &str) -> [String; 2] {
        let nested = format!("[{}]", serde_json::to_string(text).unwrap());
        [redacted(text), redacted(&nested)]
    }

    #[test]
    fn secrets_of_commands_and_behind_names() {
        for (text, secret) in [
            (r#"["mysql", "-uroot", "-ps3cret9", "orders"]"#, "s3cret9"),
            (
                r#"["/usr/bin/docker", "login", "-p", "s3cret9", "r"]"#,
                "s3cret9",
            ),
            (
                r#"["sudo", "redis-cli", "-a", "s3cret9", "PING"]"#,
                "s3cret9",
            ),
            (r#"["curl", "-su", "jo:s3cret9", "https://h"]"#, "s3cret9"),
            (r#"["htpasswd", "-b", "f", "jo", "s3cret9"]"#, "s3cret9"),
            (
                r#"["tool", "-p", "qy9I4LQPc129BXyY8Hlw"]"#,
                "qy9I4LQPc129BXyY8Hlw",
            ),
            (
                r#"["tool", "--key=qy9I4LQPc129BXyY8Hlw"]"#,
                "qy9I4LQPc129BXyY8Hlw",
            ),
            (r#"["DB_PASSWORD", "qy9I4LQPc129"]"#, "qy9I4LQPc129"),
            (
                r#"["Host", "h", "X-Api-Key", "qy9I4LQPc129", "Accept", "x"]"#,
                "qy9I4LQPc129",
            ),
            (r#"["Cookie", "sid=qy9I4LQPc129"]"#, "qy9I4LQPc129"),
            (r#"["tool", "-u", "jo:qy9I4LQPc129"]"#, "qy9I4LQPc129"),
            (r#"["curl", "-u", "jo@example.com:s3cret9"]"#, "s3cret9"),
            (
                concat!(
                    r#"["-----BEGIN RSA PRIV"#,
                    r#"ATE KEY-----\n", "qy9I4LQPc129/\n", "x y"]"#
                ),
                "qy9I4LQPc129",
            ),
            (
                concat!(
                    r#"["AKI"#,
                    r#"AJ7QK2XJ7QK2XJ7QK", "abcdefghijklmnop0123456789ABCDEFGHIJ+/aa"]"#
                ),
                "0123456789ABCDEFGHIJ",
            ),
        ] {
            for out in both(text) {
                assert!(!out.contains(secret), "{text} -> {out}");
                assert_eq!(redacted(&out), out, "{text}");
            }
        }
    }

    #[test]
    fn other_arguments_stay() {
        for text in [
            r#"["docker", "run", "-p", "8080:80", "nginx:1.25"]"#,
            r#"["ssh", "-p", "2222", "ops@h"]"#,
            r#"["mkdir", "-p", "/srv/app/Data2024release"]"#,
            r#"["mysql", "-p", "orders"]"#,
            r#"["curl", "-u", "$USER:$PASSWORD", "https://h"]"#,
            r#"["id", "password", "address_line_12", "created"]"#,
            r#"["token", "identifier", "password", "string"]"#,
            r#"["pytest", "-k", "password_reset"]"#,
            r#"["docker", "run", "-u", "1000:1000", "img"]"#,
            r#"["-----BEGIN CERTIFICATE-----", "MIIabc123", "-----END CERTIFICATE-----"]"#,
        ] {
            for out in both(text) {
                assert!(!out.contains("redacted"), "{text} -> {out}");
            }
        }
    }
}

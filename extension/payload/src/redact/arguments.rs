//! Strings of an array that belong together: a command line, a name and its value, lines of a key.

use super::detect::command::{COMMANDS, Command, Form, is_cluster};
use super::detect::{pem, token};
use super::keys::Class;
use super::kind::Kind;
use super::mask;
use super::member::{Inherited, Place, SEALED};
use super::policy::{Detector, Plan, Secret};
use super::values::{is_expression, is_opaque, is_placeholder};

const NAME_MAX: usize = 64;
/// A value is known by what stands before it only when it looks random.
const OPAQUE_MIN: usize = 8;
const PASSWORD_MIN: usize = 10;

/// What the item before says of the next one.
#[derive(Clone, Copy, Default)]
enum Expected {
    #[default]
    Nothing,
    /// `--password`
    Option(Secret),
    /// `X-Api-Key` without dashes: it may be one of a list of names.
    Name(Secret),
    /// An option of a known command.
    Form(Form),
    /// `-p` and `-u` of any other.
    Password,
    Pair,
}

/// Walks the strings of an array.
#[derive(Default)]
pub(super) struct Arguments {
    expected: Expected,
    command: Option<&'static Command>,
    /// First word of commands that have two.
    first: Option<&'static str>,
    /// Words without a dash behind the command.
    position: usize,
    in_key: bool,
    aws_id: bool,
}

impl Arguments {
    /// The place of the next item.
    pub fn next(&mut self, plan: &Plan, inherited: Inherited, item: &str) -> Place {
        match inherited {
            Inherited::Secret(secret) => return Place::Secret(secret),
            Inherited::All => return Place::Secret(SEALED),
            Inherited::Nothing => {}
        }
        let place = self.expected_place(plan, item);
        let glued = self.follow(plan, item);
        if place != Place::Plain {
            return place;
        }
        glued
            .or_else(|| self.line_of_key(plan, item))
            .or_else(|| self.aws_secret(plan, item))
            .unwrap_or(Place::Plain)
    }

    /// A number, an object: no word of a command.
    pub fn skip(&mut self) {
        self.expected = Expected::Nothing;
    }

    fn expected_place(&mut self, plan: &Plan, item: &str) -> Place {
        let expected = std::mem::take(&mut self.expected);
        let is_option = item.starts_with('-');
        match expected {
            Expected::Option(secret) if !is_option => Place::Secret(secret),
            Expected::Name(secret) if is_value(plan, secret, item) => Place::Secret(secret),
            Expected::Form(Form::Next) if !is_option => password(item, 0),
            Expected::Form(Form::Pair) => pair(item, 0),
            Expected::Form(Form::Cookies) => Place::Secret(Secret {
                class: Class::Cookie,
                ..SEALED
            }),
            Expected::Password if is_password(item) => password(item, 0),
            Expected::Pair => match item.split_once(':') {
                Some((_, word)) if is_password(word) => pair(item, 0),
                _ => Place::Plain,
            },
            _ => Place::Plain,
        }
    }

    /// What an item says of itself and of the next one.
    fn follow(&mut self, plan: &Plan, item: &str) -> Option<Place> {
        let short = item.len() <= NAME_MAX && !item.contains(['=', ' ']);
        let is_command = short && self.is_command(item);
        if is_command {
            return None;
        }
        if !item.starts_with('-') {
            if short && let Some(secret) = plan.secret(item) {
                self.expected = Expected::Name(secret);
            }
            self.position += 1;
            self.command.filter(|c| c.position == self.position)?;
            let random = item.len() >= 6 && item.bytes().any(|b| b.is_ascii_digit());
            return random.then(|| password(item, 0));
        }
        if short && let Some(secret) = plan.secret(item.trim_start_matches('-')) {
            self.expected = Expected::Option(secret);
            return None;
        }
        if !plan.has(Detector::Assignment) {
            return None;
        }
        let Some(command) = self.command else {
            self.expected = match item {
                "-p" => Expected::Password,
                "-u" | "--user" => Expected::Pair,
                _ => Expected::Nothing,
            };
            return None;
        };
        for (option, form) in command.options {
            let rest = item.strip_prefix(option);
            match form {
                Form::Glued if rest.is_some_and(|rest| !rest.is_empty()) => {
                    return Some(password(item, option.len()));
                }
                Form::Glued => {}
                form if rest == Some("") || is_cluster(item.as_bytes(), option.as_bytes()) => {
                    self.expected = Expected::Form(*form);
                }
                Form::Pair
                    if rest.is_some_and(|r| !option.starts_with("--") || r.starts_with('=')) =>
                {
                    return Some(pair(item, option.len()));
                }
                _ => {}
            }
        }
        None
    }

    /// Whether the item is a command that takes passwords, or the last of its words.
    fn is_command(&mut self, item: &str) -> bool {
        const WORD_MAX: usize = 16;
        let word = item.rsplit('/').next().unwrap_or(item);
        let first = self.first.take();
        if word.len() > WORD_MAX || first.is_none() && item.starts_with('-') {
            return false;
        }
        for command in COMMANDS {
            let Some(rest) = command.name.strip_prefix(first.unwrap_or(word)) else {
                continue;
            };
            let is_one = match first {
                None => rest.is_empty(),
                Some(_) => rest.strip_prefix(' ') == Some(word),
            };
            if is_one {
                self.command = Some(command);
                self.position = 0;
                return true;
            }
            if first.is_none() && rest.starts_with(' ') {
                self.first = Some(&command.name[..word.len()]);
            }
        }
        if matches!(item, "&&" | "||" | "|" | ";") {
            self.command = None;
        }
        false
    }

    /// A private key as an array of its lines.
    fn line_of_key(&mut self, plan: &Plan, item: &str) -> Option<Place> {
        if item.starts_with("-----") {
            self.in_key = pem::is_begin(item) && plan.has(Detector::PrivateKey);
            return None;
        }
        let line = item.trim();
        let armour = self.in_key && !line.contains(' ') && !is_placeholder(line);
        armour.then_some(Place::Part(Kind::PRIVATE_KEY, 0))
    }

    /// The secret that belongs to a key id before it.
    fn aws_secret(&mut self, plan: &Plan, item: &str) -> Option<Place> {
        self.aws_id |= token::is_aws_id(item);
        let found = self.aws_id && token::is_aws_secret(item) && plan.has(Detector::VendorToken);
        found.then_some(Place::Part(token::AWS_SECRET, 0))
    }
}

/// True for what stands behind its name, not for the next of a list of names.
fn is_value(plan: &Plan, secret: Secret, item: &str) -> bool {
    match secret.class {
        Class::Cookie => item.contains('='),
        Class::Code => (4..=8).contains(&item.len()) && item.bytes().all(|b| b.is_ascii_digit()),
        _ => {
            let word = item.rsplit(' ').next().unwrap_or(item);
            is_opaque(word, OPAQUE_MIN) && plan.secret(item).is_none()
        }
    }
}

/// True for what an option of any command would hardly take but for a password.
fn is_password(item: &str) -> bool {
    is_opaque(item, PASSWORD_MIN) && !item.contains(['/', ':', '.', '=', ','])
}

fn password(item: &str, from: usize) -> Place {
    let value = &item[from..];
    let expression =
        value.starts_with(['$', '-', '`']) || value.contains('(') && is_expression(value);
    if expression || is_placeholder(value) {
        return Place::Plain;
    }
    Place::Part(Kind::ASSIGNMENT, from)
}

fn pair(item: &str, from: usize) -> Place {
    // A name that was hidden has a colon too.
    let from = from + mask::at_start(&item.as_bytes()[from..]).unwrap_or(0);
    match item[from..].find([':', '%']) {
        Some(found) => password(item, from + found + 1),
        None => Place::Plain,
    }
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;

//! Policies: what to hide, as a versioned JSON document, and compiled.

use super::keys::KeyRules;
use super::scan::Scanner;
use crate::json;
use crate::jsonb::{Container, Value};
use std::fmt;

const VERSION: i64 = 1;
/// Most entries of one list: a policy is compiled in every backend that writes.
const LIST_MAX: usize = 2_000;
const ENTRY_MAX: usize = 100;

const BUILTIN: [(&str, &str); 3] = [
    ("secrets", include_str!("builtin/secrets.json")),
    ("standard", include_str!("builtin/standard.json")),
    ("strict", include_str!("builtin/strict.json")),
];

/// Families of detectors, by the name that a policy gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Detector {
    VendorToken,
    Jwt,
    PrivateKey,
    Authorization,
    Cookie,
    UrlPassword,
    UrlSecret,
    Assignment,
    PasswordHash,
    Encoded,
    Email,
    Phone,
    Card,
    Iban,
    Ssn,
    Ip,
}

const DETECTORS: [(&str, Detector); 16] = [
    ("vendor-token", Detector::VendorToken),
    ("jwt", Detector::Jwt),
    ("private-key", Detector::PrivateKey),
    ("authorization", Detector::Authorization),
    ("cookie", Detector::Cookie),
    ("url-password", Detector::UrlPassword),
    ("url-secret", Detector::UrlSecret),
    ("assignment", Detector::Assignment),
    ("password-hash", Detector::PasswordHash),
    ("encoded", Detector::Encoded),
    ("email", Detector::Email),
    ("phone", Detector::Phone),
    ("card", Detector::Card),
    ("iban", Detector::Iban),
    ("ssn", Detector::Ssn),
    ("ip", Detector::Ip),
];

/// The detectors that are on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Active(u32);

impl Active {
    pub fn has(self, detector: Detector) -> bool {
        self.0 >> detector as u8 & 1 == 1
    }

    fn add(&mut self, detector: Detector) {
        self.0 |= 1 << detector as u8;
    }
}

/// A compiled policy: build once, use often.
pub struct Policy {
    pub(super) scanner: Scanner,
}

/// Why a document is not a policy: the place and the problem, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Like `$.detectors[3]`.
    pub path: String,
    pub problem: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.problem, self.path)
    }
}

impl std::error::Error for PolicyError {}

fn wrong<T>(path: impl Into<String>, problem: impl Into<String>) -> Result<T, PolicyError> {
    Err(PolicyError {
        path: path.into(),
        problem: problem.into(),
    })
}

/// The lists of a policy and of all that it extends.
#[derive(Default)]
struct Lists {
    keys: Vec<String>,
    allow_keys: Vec<String>,
    active: Active,
}

impl Policy {
    /// The JSON text of a built-in policy.
    pub fn builtin(name: &str) -> Option<&'static str> {
        BUILTIN
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| *text)
    }

    /// Compiles a policy document.
    pub fn compile(policy: Value<'_>) -> Result<Policy, PolicyError> {
        let mut lists = Lists::default();
        read(policy, &mut lists)?;
        let keys: Vec<&str> = lists.keys.iter().map(String::as_str).collect();
        let allow: Vec<&str> = lists.allow_keys.iter().map(String::as_str).collect();
        let rules = KeyRules::new(&keys, &allow);
        match Scanner::new(rules, lists.active) {
            Some(scanner) => Ok(Policy { scanner }),
            None => wrong("$.keys", "too many names to search for at once"),
        }
    }
}

fn read(policy: Value<'_>, lists: &mut Lists) -> Result<(), PolicyError> {
    let Value::Object(document) = policy else {
        return wrong("$", "a policy is an object");
    };
    let mut version = None;
    for entry in document.entries() {
        let Ok((key, value)) = entry else {
            return wrong("$", "the document is corrupt");
        };
        match key {
            "version" => version = Some(version_of(value)?),
            "name" => {
                let Value::String(_) = value else {
                    return wrong("$.name", "expected a string");
                };
            }
            "extends" => extend(value, lists)?,
            "keys" => read_names("$.keys", value, &mut lists.keys)?,
            "allow_keys" => read_names("$.allow_keys", value, &mut lists.allow_keys)?,
            "detectors" => read_detectors(value, &mut lists.active)?,
            _ => {
                let shown: String = key.chars().take(ENTRY_MAX).collect();
                return wrong(format!("$.{shown}"), "unknown member");
            }
        }
    }
    match version {
        Some(()) => Ok(()),
        None => wrong("$.version", "missing"),
    }
}

fn version_of(value: Value<'_>) -> Result<(), PolicyError> {
    match value {
        Value::Number(number) if number.to_i64() == Some(VERSION) => Ok(()),
        Value::Number(_) => wrong(
            "$.version",
            format!("unsupported version, expected {VERSION}"),
        ),
        _ => wrong("$.version", "expected a number"),
    }
}

/// Built-in policies only, and these extend each other in one direction: no cycle is possible.
fn extend(value: Value<'_>, lists: &mut Lists) -> Result<(), PolicyError> {
    let Value::String(name) = value else {
        return wrong("$.extends", "expected a string");
    };
    let Some(text) = Policy::builtin(name) else {
        return wrong("$.extends", "unknown built-in policy");
    };
    let Ok(bytes) = json::parse(text) else {
        return wrong("$.extends", "the built-in policy is not JSON");
    };
    match Container::root(&bytes) {
        Ok(root) => read(root, lists),
        Err(_) => wrong("$.extends", "the built-in policy is corrupt"),
    }
}

fn read_names(path: &str, value: Value<'_>, names: &mut Vec<String>) -> Result<(), PolicyError> {
    for_each(path, value, |path, text| {
        let words = text.bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80);
        if !words || text.len() > ENTRY_MAX {
            return wrong(
                path,
                format!("expected 1 to {ENTRY_MAX} bytes with a letter or digit"),
            );
        }
        names.push(text.to_owned());
        Ok(())
    })
}

fn read_detectors(value: Value<'_>, active: &mut Active) -> Result<(), PolicyError> {
    for_each("$.detectors", value, |path, text| {
        let Some((_, detector)) = DETECTORS.iter().find(|(name, _)| *name == text) else {
            return wrong(path, "unknown detector");
        };
        active.add(*detector);
        Ok(())
    })
}

fn for_each(
    path: &str,
    value: Value<'_>,
    mut each: impl FnMut(String, &str) -> Result<(), PolicyError>,
) -> Result<(), PolicyError> {
    let Value::Array(list) = value else {
        return wrong(path, "expected an array of strings");
    };
    if list.len() > LIST_MAX {
        return wrong(path, format!("more than {LIST_MAX} entries"));
    }
    for (index, element) in list.elements().enumerate() {
        let path = format!("{path}[{index}]");
        match element {
            Ok(Value::String(text)) => each(path, text)?,
            _ => return wrong(path, "expected a string"),
        }
    }
    Ok(())
}

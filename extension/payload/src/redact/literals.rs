//! The literals that are looked for in text, and what each of them means.

use super::detect::vendors::VENDORS;
use super::detect::{commands, dsn, hash, pgpass, piped, query, sealed, shaped, token};
use super::gates::Literal;
use super::keys::KeyRules;
use super::mask;
use super::policy::{Active, Detector};

/// What a literal found in a string means.
#[derive(Clone, Copy)]
pub(super) enum Gate {
    Vendor(usize),
    AzureSecret,
    Mailchimp,
    Terraform,
    Jwt,
    PrivateKey,
    PrivateKeyEnd,
    Ssh2Key,
    PuttyKey,
    Hash(usize),
    Bearer,
    Basic,
    Parameter(usize),
    /// A name of the policy in another script.
    Foreign,
    IdentifiedBy,
    Command(usize),
    Pgpass,
    Network,
    Oracle,
    AzureOpenAi,
    Piped,
    OpenSsl,
    Sealed,
    SpelledAt,
    SpelledDot,
    /// The beginning of a marker.
    Marker,
}

/// All of a policy, and what they mean, in the same order.
pub(super) fn list(keys: &KeyRules, active: Active) -> (Vec<Literal>, Vec<Gate>) {
    let mut list: Vec<Literal> = Vec::new();
    let mut gates: Vec<Gate> = Vec::new();
    let mut add = |text: &str, gate: Gate| {
        // Prefixes of tokens are written in one way; words are not.
        let exact = matches!(
            gate,
            Gate::Vendor(_) | Gate::AzureSecret | Gate::Jwt | Gate::Marker
        );
        let prefix = matches!(gate, Gate::Vendor(_) | Gate::Jwt);
        list.push(Literal {
            text: text.to_owned(),
            exact,
            bounded: prefix && text.len() < token::GLUED_MIN || text == "7z",
            goes_on: prefix,
        });
        gates.push(gate);
    };
    add(mask::OPEN, Gate::Marker);
    if active.has(Detector::VendorToken) {
        for (index, vendor) in VENDORS.iter().enumerate() {
            add(vendor.prefix, Gate::Vendor(index));
        }
        for digit in b'0'..=b'9' {
            add(&format!("{}Q~", char::from(digit)), Gate::AzureSecret);
        }
        add(shaped::AZURE_OPENAI, Gate::AzureOpenAi);
        add("-us", Gate::Mailchimp);
        add(".atlasv1.", Gate::Terraform);
    }
    if active.has(Detector::Jwt) {
        add("eyJ", Gate::Jwt);
        add("ewog", Gate::Jwt);
    }
    if active.has(Detector::PrivateKey) {
        add("-----BEGIN ", Gate::PrivateKey);
        add("-----END ", Gate::PrivateKeyEnd);
        add("---- BEGIN SSH2 ", Gate::Ssh2Key);
        add("Private-Lines: ", Gate::PuttyKey);
    }
    if active.has(Detector::PasswordHash) {
        for (index, (prefix, _)) in hash::PREFIXES.iter().enumerate() {
            add(prefix, Gate::Hash(index));
        }
    }
    if active.has(Detector::Authorization) {
        add("bearer ", Gate::Bearer);
        add("basic ", Gate::Basic);
    }
    if active.has(Detector::UrlSecret) {
        for (index, (name, _)) in query::NAMES.iter().enumerate() {
            add(name, Gate::Parameter(index));
        }
    }
    if active.has(Detector::UrlPassword) {
        for network in dsn::NETWORKS {
            add(network, Gate::Network);
        }
        for word in dsn::ORACLE {
            add(word, Gate::Oracle);
        }
    }
    if active.has(Detector::Assignment) {
        add("identified by ", Gate::IdentifiedBy);
        for (index, known) in commands::COMMANDS.iter().enumerate() {
            add(known.name, Gate::Command(index));
        }
        for reader in piped::READERS {
            add(reader, Gate::Piped);
        }
        for word in ["-passin pass:", "-passout pass:", "-pass pass:"] {
            add(word, Gate::OpenSsl);
        }
        add(sealed::KIND, Gate::Sealed);
        for port in pgpass::PORTS {
            add(port, Gate::Pgpass);
        }
    }
    if active.has(Detector::Email) {
        for word in [
            "[at]", "(at)", "{at}", "<at>", "[ at ]", "( at )", "=40", "\\100",
        ] {
            add(word, Gate::SpelledAt);
        }
        add(" dot ", Gate::SpelledDot);
    }
    for name in keys.foreign() {
        add(name, Gate::Foreign);
    }
    (list, gates)
}

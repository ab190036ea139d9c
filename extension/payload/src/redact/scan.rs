//! One string: a cheap look for what could make a detector worth running, then only those.

use super::detect::vendors::VENDORS;
use super::detect::{
    Input, assignment, authorization, command, email, encoded, hash, ip, jwt, number, pem, pgpass,
    piped, query, spelled, token, url,
};
use super::gates::Gates;
use super::keys::KeyRules;
use super::kind::Kind;
use super::mask;
use super::policy::{Active, Detector};
use super::skim::Present;
use super::spans::Hits;
use super::view::View;
use crate::interrupt;
use std::ops::ControlFlow;

/// From this length on a string is checked for being nothing but base64.
const BINARY_MIN: usize = 512;
/// base64 inside base64 is not looked into.
const ENCODED_DEPTH: usize = 1;

/// What a literal found in a string means.
#[derive(Clone, Copy)]
enum Gate {
    Vendor(usize),
    Telegram,
    AzureSecret,
    Mailchimp,
    Terraform,
    Discord,
    Jwt,
    PrivateKey,
    Hash(usize),
    Bearer,
    Basic,
    Authority,
    Parameter(usize),
    Name,
    IdentifiedBy,
    Command(usize),
    Pgpass,
    Piped,
    OpenSsl,
    SpelledAt,
    SpelledDot,
}

pub(super) struct Scanner {
    pub keys: KeyRules,
    pub active: Active,
    literals: Gates,
    gates: Vec<Gate>,
}

impl Scanner {
    /// `None` when the names of the policy do not fit one search.
    pub fn new(keys: KeyRules, active: Active) -> Option<Self> {
        let mut list: Vec<(String, Gate)> = Vec::new();
        let mut add = |literal: &str, gate: Gate| list.push((literal.to_owned(), gate));
        if active.has(Detector::VendorToken) {
            for (index, vendor) in VENDORS.iter().enumerate() {
                add(vendor.prefix, Gate::Vendor(index));
            }
            add(":AA", Gate::Telegram);
            add("Q~", Gate::AzureSecret);
            add("-us", Gate::Mailchimp);
            add(".atlasv1.", Gate::Terraform);
            // Ids of bots are numbers: the last characters before the dot are these of few.
            for ending in [
                "M", "Q", "U", "Y", "A", "w", "g", "k", "E", "I", "c", "o", "s", "0", "4", "z",
                "j", "x", "y",
            ] {
                add(&format!("{ending}.G"), Gate::Discord);
                add(&format!("{ending}.X"), Gate::Discord);
                add(&format!("{ending}.Y"), Gate::Discord);
            }
        }
        if active.has(Detector::Jwt) {
            add("eyJ", Gate::Jwt);
            add("ewog", Gate::Jwt);
        }
        if active.has(Detector::PrivateKey) {
            add("-----BEGIN ", Gate::PrivateKey);
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
        if active.has(Detector::UrlPassword) {
            add("://", Gate::Authority);
        }
        if active.has(Detector::UrlSecret) {
            for (index, (name, _)) in query::NAMES.iter().enumerate() {
                add(name, Gate::Parameter(index));
            }
        }
        if active.has(Detector::Assignment) {
            add("identified by ", Gate::IdentifiedBy);
            for (index, known) in command::COMMANDS.iter().enumerate() {
                add(known.name, Gate::Command(index));
            }
            for reader in piped::READERS {
                add(reader, Gate::Piped);
            }
            for word in ["-passin pass:", "-passout pass:", "-pass pass:"] {
                add(word, Gate::OpenSsl);
            }
            for port in pgpass::PORTS {
                add(port, Gate::Pgpass);
            }
        }
        if active.has(Detector::Email) {
            for word in ["[at]", "(at)", "{at}", "<at>", "[@]", "(@)", " @ "] {
                add(word, Gate::SpelledAt);
            }
            add(" dot ", Gate::SpelledDot);
        }
        for anchor in keys.anchors() {
            add(anchor, Gate::Name);
        }
        // Prefixes of tokens are written in one way; words are not.
        let exact = |gate: &Gate| {
            matches!(
                gate,
                Gate::Vendor(_) | Gate::Telegram | Gate::AzureSecret | Gate::Jwt
            )
        };
        let literals = Gates::new(list.iter().map(|(text, gate)| (text.as_str(), exact(gate))))?;
        Some(Scanner {
            keys,
            active,
            literals,
            gates: list.into_iter().map(|(_, gate)| gate).collect(),
        })
    }

    /// Everything to hide in `text`, which stands under the key `name`.
    pub fn scan(&self, text: &str, name: &str, hits: &mut Hits) {
        self.scan_nested(text, name, 0, hits);
    }

    fn scan_nested(&self, text: &str, name: &str, depth: usize, hits: &mut Hits) {
        if text.len() >= BINARY_MIN && encoded::is_binary(text.as_bytes()) {
            return self.scan_encoded(text, depth, hits);
        }
        let present = Present::of(text.as_bytes());
        if !present.bracket {
            return self.scan_piece(text, 0, &present, name, depth, hits);
        }
        // Nothing is found across a marker: what stands beside one was looked at already, and a
        // second look must not see more than the first.
        let (mut from, mut look) = (0, 0);
        while let Some(found) = text[look..].find(mask::OPEN) {
            let at = look + found;
            look = at + mask::OPEN.len();
            if let Some(length) = mask::at_start(&text.as_bytes()[at..]) {
                let piece = &text[from..at];
                let present = Present::of(piece.as_bytes());
                self.scan_piece(piece, from, &present, name, depth, hits);
                from = at + length;
                look = from;
            }
        }
        if from == 0 {
            return self.scan_piece(text, 0, &present, name, depth, hits);
        }
        let piece = &text[from..];
        let present = Present::of(piece.as_bytes());
        self.scan_piece(piece, from, &present, name, depth, hits);
    }

    /// A piece between markers, which starts at byte `from` of its string.
    fn scan_piece(
        &self,
        piece: &str,
        from: usize,
        present: &Present,
        name: &str,
        depth: usize,
        hits: &mut Hits,
    ) {
        if piece.is_empty() {
            return;
        }
        interrupt::check(piece.len());
        let first = hits.len();
        hits.forget_coverage();
        self.scan_plain(&Input::new(piece, name), present, hits);
        if present.folded
            && let Some(view) = View::of(piece)
        {
            let mark = hits.len();
            hits.forget_coverage();
            let present = Present::of(view.text().as_bytes());
            self.scan_plain(&Input::new(view.text(), name), &present, hits);
            hits.translate(mark, |start, end| view.place(start, end));
        }
        self.scan_encoded(piece, depth, hits);
        if from > 0 {
            hits.translate(first, |start, end| (start + from, end + from));
        }
    }

    /// Looks into base64 that holds text.
    fn scan_encoded(&self, piece: &str, depth: usize, hits: &mut Hits) {
        if depth >= ENCODED_DEPTH || !self.active.has(Detector::Encoded) {
            return;
        }
        encoded::for_each_text(&Input::new(piece, ""), |start, end, inner| {
            let mut found = Hits::default();
            self.scan_nested(inner, "", depth + 1, &mut found);
            if !found.is_empty() {
                hits.push(start, end, Kind::ENCODED);
            }
        });
    }

    fn scan_plain(&self, input: &Input<'_>, present: &Present, hits: &mut Hits) {
        self.scan_literals(input, hits);
        if present.at && self.active.has(Detector::Email) {
            email::scan(input, hits);
        }
        if present.digit {
            number::scan(input, self.active, hits);
        }
        if present.colon && self.active.has(Detector::Ip) {
            ip::scan_v6(input, hits);
        }
    }

    fn scan_literals(&self, input: &Input<'_>, hits: &mut Hits) {
        self.literals.search(input.bytes, |literal, at, end| {
            interrupt::check(interrupt::VALUE);
            if hits.covers(at) {
                return ControlFlow::Continue(());
            }
            match self.gates[literal] {
                Gate::Vendor(index) => token::find(input, &VENDORS[index], at, hits),
                Gate::Telegram => token::find_telegram(input, at, hits),
                Gate::AzureSecret => token::find_azure_secret(input, at, hits),
                Gate::Mailchimp => token::find_mailchimp(input, at, hits),
                Gate::Terraform => token::find_terraform(input, at, end, hits),
                Gate::Discord => token::find_discord(input, at + 1, hits),
                Gate::Jwt => jwt::find(input, at, hits),
                Gate::PrivateKey => pem::find(input, at, hits),
                Gate::Hash(index) => hash::find(input, at, hash::PREFIXES[index].1, hits),
                Gate::Bearer => authorization::find_bearer(input, at, end, hits),
                Gate::Basic => authorization::find_basic(input, at, end, hits),
                Gate::Authority => url::find(input, end, hits),
                Gate::Parameter(index) => query::find(input, at, end, query::NAMES[index].1, hits),
                Gate::Name => assignment::find(input, &self.keys, self.active, at, end, hits),
                Gate::IdentifiedBy => assignment::find_identified_by(input, end, hits),
                Gate::Command(index) => {
                    command::find(input, &command::COMMANDS[index], at, end, hits)
                }
                Gate::Pgpass => pgpass::find(input, at, end, hits),
                Gate::Piped => piped::find(input, at, end, hits),
                Gate::OpenSsl => command::find_word(input, end, hits),
                Gate::SpelledDot => spelled::find_by_dot(input, at, hits),
                Gate::SpelledAt => spelled::find(input, at, end, hits),
            }
            if hits.overflow {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
    }
}

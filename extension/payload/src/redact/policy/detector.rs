//! Families of detectors, by the name that a policy gives them.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in super::super) enum Detector {
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

pub(super) const DETECTORS: [(&str, Detector); 16] = [
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

impl Detector {
    pub(super) fn named(name: &str) -> Option<Detector> {
        let known = DETECTORS.iter().find(|(known, _)| *known == name);
        known.map(|(_, detector)| *detector)
    }

    /// Part of what it finds may be kept: it is no secret.
    pub(super) fn may_be_partial(self) -> bool {
        use Detector::*;
        matches!(self, Email | Phone | Card | Iban | Ssn | Ip)
    }
}

/// The detectors that are on.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Active(u32);

impl Active {
    pub fn of(list: &[Detector]) -> Self {
        let mut active = Active::default();
        list.iter().for_each(|detector| active.add(*detector));
        active
    }

    pub fn has(self, detector: Detector) -> bool {
        self.0 >> detector as u8 & 1 == 1
    }

    pub(super) fn add(&mut self, detector: Detector) {
        self.0 |= 1 << detector as u8;
    }
}

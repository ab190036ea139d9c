//! Kinds of what is hidden: the word in the marker, and which word wins where two overlap.

use super::policy::Detector;

/// A kind of secret or personal datum. Ordered by how much its name tells: the greater wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    rank: u8,
    name: &'static str,
    /// Number of the policy's own pattern, where it is of one.
    own: u8,
}

const TOKEN: u8 = 16;
const OWN: u8 = 18;

impl Kind {
    pub const OVERFLOW: Kind = Kind::new(0, "overflow");
    pub const ENCODED: Kind = Kind::new(1, "encoded");
    pub const ASSIGNMENT: Kind = Kind::new(2, "assignment");
    pub const URL_SECRET: Kind = Kind::new(4, "url-secret");
    pub const COOKIE: Kind = Kind::new(5, "cookie");
    pub const AUTHORIZATION: Kind = Kind::new(6, "authorization");
    pub const IP: Kind = Kind::new(7, "ip");
    pub const PHONE: Kind = Kind::new(8, "phone");
    pub const EMAIL: Kind = Kind::new(9, "email");
    pub const URL_PASSWORD: Kind = Kind::new(10, "url-password");
    pub const SSN: Kind = Kind::new(11, "ssn");
    pub const IBAN: Kind = Kind::new(12, "iban");
    pub const CARD: Kind = Kind::new(13, "card");
    pub const PASSWORD_HASH: Kind = Kind::new(14, "password-hash");
    pub const JWT: Kind = Kind::new(15, "jwt");
    pub const PRIVATE_KEY: Kind = Kind::new(17, "private-key");

    /// A vendor's credential.
    pub const fn token(name: &'static str) -> Kind {
        Kind::new(TOKEN, name)
    }

    /// What one of the policy's own patterns matched; the policy has its name.
    pub const fn own(number: u8) -> Kind {
        Kind {
            own: number,
            ..Kind::new(OWN, "")
        }
    }

    const fn new(rank: u8, name: &'static str) -> Kind {
        Kind { rank, name, own: 0 }
    }

    /// The number of the own pattern.
    pub fn pattern(self) -> Option<usize> {
        (self.rank == OWN).then_some(usize::from(self.own))
    }

    /// Which detector finds it.
    pub fn detector(self) -> Option<Detector> {
        Some(match self {
            Kind::ENCODED => Detector::Encoded,
            Kind::ASSIGNMENT => Detector::Assignment,
            Kind::URL_SECRET => Detector::UrlSecret,
            Kind::COOKIE => Detector::Cookie,
            Kind::AUTHORIZATION => Detector::Authorization,
            Kind::IP => Detector::Ip,
            Kind::PHONE => Detector::Phone,
            Kind::EMAIL => Detector::Email,
            Kind::URL_PASSWORD => Detector::UrlPassword,
            Kind::SSN => Detector::Ssn,
            Kind::IBAN => Detector::Iban,
            Kind::CARD => Detector::Card,
            Kind::PASSWORD_HASH => Detector::PasswordHash,
            Kind::JWT => Detector::Jwt,
            Kind::PRIVATE_KEY => Detector::PrivateKey,
            Kind { rank: TOKEN, .. } => Detector::VendorToken,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        self.name
    }
}

//! Kinds of what is hidden: the word in the marker, and which word wins where two overlap.

/// A kind of secret or personal datum. Ordered by how much its name tells: the greater wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    rank: u8,
    name: &'static str,
}

impl Kind {
    pub const OVERFLOW: Kind = Kind::new(0, "overflow");
    pub const ENCODED: Kind = Kind::new(1, "encoded");
    pub const ASSIGNMENT: Kind = Kind::new(2, "assignment");
    pub const KEY: Kind = Kind::new(3, "key");
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
        Kind::new(16, name)
    }

    const fn new(rank: u8, name: &'static str) -> Kind {
        Kind { rank, name }
    }

    pub fn name(self) -> &'static str {
        self.name
    }
}

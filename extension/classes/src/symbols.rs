//! Bytes as one of 64 symbols: as many as one vector instruction looks up at once.

/// Signs that are told apart; the other ones are one symbol, with control characters.
const SIGNS: &[u8; 24] = b" _-+/.:=~$@[({<])}>\"',*#";
/// What escapes begin with: these need not be told apart.
const ESCAPES: &[u8; 3] = b"%&\\";

const LETTERS_FROM: u8 = 1;
const DIGITS_FROM: u8 = LETTERS_FROM + 26;
const SIGNS_FROM: u8 = DIGITS_FROM + 10;
const ESCAPE_SYMBOL: u8 = SIGNS_FROM + SIGNS.len() as u8;
/// Of every byte beyond ASCII.
pub(crate) const HIGH_SYMBOL: u8 = 63;

/// The symbol of each byte of ASCII; 0 is also what stands outside a text.
pub(crate) const OF_ASCII: [u8; 128] = {
    let mut of = [0; 128];
    let mut at = 0;
    while at < 26 {
        of[b'a' as usize + at] = LETTERS_FROM + at as u8;
        of[b'A' as usize + at] = LETTERS_FROM + at as u8;
        at += 1;
    }
    at = 0;
    while at < 10 {
        of[b'0' as usize + at] = DIGITS_FROM + at as u8;
        at += 1;
    }
    at = 0;
    while at < SIGNS.len() {
        of[SIGNS[at] as usize] = SIGNS_FROM + at as u8;
        at += 1;
    }
    at = 0;
    while at < ESCAPES.len() {
        of[ESCAPES[at] as usize] = ESCAPE_SYMBOL;
        at += 1;
    }
    of
};

/// The number of a byte's symbol.
#[inline]
pub(crate) fn symbol(byte: u8) -> usize {
    usize::from(
        OF_ASCII
            .get(usize::from(byte))
            .copied()
            .unwrap_or(HIGH_SYMBOL),
    )
}

/// A set of symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbols(pub(crate) u64);

impl Symbols {
    pub const ALL: Symbols = Symbols(!0);
    pub const LETTERS: Symbols = Symbols(((1 << 26) - 1) << LETTERS_FROM);
    pub const DIGITS: Symbols = Symbols(((1 << 10) - 1) << DIGITS_FROM);
    pub const WORD: Symbols = Symbols::LETTERS.or(Symbols::DIGITS);
    /// What is of ASCII and neither a letter nor a digit.
    pub const SEPARATORS: Symbols = Symbols::WORD.or(Symbols(1 << HIGH_SYMBOL)).not();

    /// The symbol of a byte: letters without case.
    pub fn of(byte: u8) -> Symbols {
        Symbols(1 << symbol(byte))
    }

    pub const fn or(self, other: Symbols) -> Symbols {
        Symbols(self.0 | other.0)
    }

    pub const fn not(self) -> Symbols {
        Symbols(!self.0)
    }

    pub(crate) fn meets(self, other: Symbols) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn has(self, symbol: usize) -> bool {
        self.0 >> symbol & 1 == 1
    }
}

//! Which bytes occur in a string: what is absent needs no detector.

/// One pass without branches, which the compiler turns into a few vector instructions.
pub(super) struct Present {
    pub at: bool,
    pub digit: bool,
    pub colon: bool,
    pub bracket: bool,
    /// What escapes begin with, and everything beyond ASCII.
    pub folded: bool,
}

impl Present {
    pub fn of(bytes: &[u8]) -> Self {
        let (mut at, mut digit, mut colon, mut bracket, mut folded) = (0u8, 0u8, 0u8, 0u8, 0u8);
        for byte in bytes {
            at |= u8::from(*byte == b'@');
            digit |= u8::from(byte.wrapping_sub(b'0') < 10);
            colon |= u8::from(*byte == b':');
            bracket |= u8::from(*byte == b'[');
            folded |= u8::from(*byte >= 0x80)
                | u8::from(*byte == b'%')
                | u8::from(*byte == b'&')
                | u8::from(*byte == b'\\');
        }
        Present {
            at: at != 0,
            digit: digit != 0,
            colon: colon != 0,
            bracket: bracket != 0,
            folded: folded != 0,
        }
    }
}

//! The binary jsonb format, as PostgreSQL 15 to 18 store it (`src/include/utils/jsonb.h`).
//!
//! A container is a 4-byte header (element count and kind), one 4-byte entry per key, value or
//! element, then the data. An object keeps all keys before all values; keys are sorted by length,
//! then bytes. Every 32nd entry holds an end offset, the others a length. Numbers and containers
//! start on a 4-byte boundary counted from the root, so a container can be copied byte for byte
//! from one 4-byte aligned place to another.

mod number;
mod operations;
mod read;
mod rewrite;
mod rope;
mod table;
mod tape;
mod write;

pub use number::{Number, NumberText, number_from_text};
pub use read::{Container, Elements, Entries, Value};
pub use rewrite::rewrite_into;
pub use table::Buffer;
pub(crate) use table::{Table, push_number, push_scalar, push_text};
use table::{push_aligned, push_bytes};
pub use tape::Tape;
pub(crate) use write::sort_by_key;
pub use write::{Changed, Node, encode, encode_into, sort_pairs};

/// Deepest nesting that is read, written or projected. jsonb itself has no limit but the stack's.
pub const MAX_DEPTH: usize = 256;

/// Most bytes of one text, its header not counted: no datum is larger than 1 GB.
pub const TEXT_MAX: usize = 0x3FFF_FFFF - 4;

const COUNT_MASK: u32 = 0x0FFF_FFFF;
const FLAG_SCALAR: u32 = 0x1000_0000;
const FLAG_OBJECT: u32 = 0x2000_0000;
const FLAG_ARRAY: u32 = 0x4000_0000;

const ENTRY_LENGTH: u32 = 0x0FFF_FFFF;
const ENTRY_TYPE: u32 = 0x7000_0000;
const ENTRY_HAS_OFFSET: u32 = 0x8000_0000;
const TYPE_STRING: u32 = 0x0000_0000;
const TYPE_NUMERIC: u32 = 0x1000_0000;
pub(crate) const TYPE_FALSE: u32 = 0x2000_0000;
pub(crate) const TYPE_TRUE: u32 = 0x3000_0000;
pub(crate) const TYPE_NULL: u32 = 0x4000_0000;
const TYPE_CONTAINER: u32 = 0x5000_0000;

/// An entry whose index is a multiple of this holds an offset, so that look-ups stay short.
const OFFSET_STRIDE: usize = 32;

#[cfg(target_endian = "big")]
compile_error!("jsonb is read and written in native byte order, tested on little endian only");

/// Why jsonb could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The bytes are not jsonb: an offset, a length, a tag or a string is out of bounds.
    Corrupt,
    /// Nested more than [`MAX_DEPTH`] levels.
    TooDeep,
    /// An array, an object or a string that jsonb cannot address (256 MiB and up).
    TooLarge,
    /// Text that is longer than [`TEXT_MAX`].
    TextTooLong,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Error::Corrupt => "jsonb is corrupt",
            Error::TooDeep => "payload is nested too deep",
            Error::TooLarge => "payload is too large for jsonb",
            Error::TextTooLong => "text of the payload is longer than 1 GB",
        })
    }
}

impl std::error::Error for Error {}

fn align4(offset: usize) -> usize {
    (offset + 3) & !3
}

#[cfg(test)]
mod tests;

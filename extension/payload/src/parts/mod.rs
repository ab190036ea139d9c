//! Parts: what of a payload is stored apart, once, however often it comes again.
//!
//! Attachments are decoded to bytes ([`attachment`], [`detach`]); the input of a model call, which
//! repeats the whole history, is stored item by item ([`share`]). What stays behind is the skeleton:
//! the payload with a reference ([`reference`]) in place of each part. [`assemble`] puts the parts
//! back and gives the payload that was.
//!
//! A reference is an object with one member, `$attachment`, `$input`, `$input_text` or `$shared`. A member of the
//! payload that has such a name itself gets one more `$` in the skeleton, so that no payload can
//! pass for a reference. Only a skeleton is read this way: a payload with no parts stays as it is.

mod assemble;
mod attachment;
mod base64;
mod content;
mod detach;
mod file_text;
mod rebuild;
mod reference;
mod share;
mod text;

pub(crate) use base64::decode as base64_decode;
#[cfg(test)]
pub(crate) use base64::encode_into as base64_encode;

pub use assemble::{Parts, assemble};
pub use attachment::{Attachment, encode_text, encoded_text, is_media, is_text, text};
pub use content::Content;
pub use detach::{Detached, Limits, detach};
pub use file_text::FileText;
pub use reference::{Found, Kind, Reference, is_reference, references};
pub use share::{Constant, INPUTS, List, Shared, input, node, shared};

use crate::interrupt;

/// What tells equal content apart from other content: SHA-256.
pub type Sha256 = [u8; 32];

pub fn sha256(bytes: &[u8]) -> Sha256 {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for piece in bytes.chunks(interrupt::PIECE) {
        interrupt::check(piece.len());
        hash.update(piece);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod recorded_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;

//! What the filter tells literals and names by: what may stand behind their ends and before.
//!
//! A shape may hold more than is looked for, never less: all that matches must have it.

use super::endings::WINDOW;
use super::hashes::window;
use classes::{PLACES, START_PLACES, Shape, Symbols};

/// Bytes of an end that are looked at; place 0 is what stands behind it.
const KNOWN: usize = PLACES - 1;

/// Of a literal that is told by the byte at `pivot`; none when that is beyond ASCII.
pub(super) fn end(literal: &[u8], pivot: usize, bounded: bool) -> Option<Shape> {
    let last = *literal.get(pivot).filter(|byte| byte.is_ascii())?;
    let mut shape = Shape::ANY;
    shape.0[0] = match literal.get(pivot + 1) {
        Some(next) => Symbols::of(*next),
        None => behind(last),
    };
    for (place, byte) in literal[..=pivot].iter().rev().take(KNOWN).enumerate() {
        shape.0[place + 1] = Symbols::of(*byte);
    }
    if bounded && pivot + 2 < PLACES {
        shape.0[pivot + 2] = Symbols::WORD.not();
    }
    Some(shape)
}

/// Of a literal of letters and digits that begins a word.
pub(super) fn start(literal: &[u8]) -> Shape {
    let mut shape = Shape::ANY;
    shape.0[0] = Symbols::WORD;
    shape.0[START_PLACES - 1] = Symbols::WORD.not();
    for (at, byte) in literal.iter().take(3).enumerate() {
        shape.0[2 - at] = Symbols::of(*byte);
    }
    shape
}

/// Of tokens that begin with no literal: Telegram's behind its colon, and Discord's.
pub(super) fn unnamed_starts() -> Vec<Shape> {
    let mut telegram = start(b"AA");
    telegram.0[START_PLACES - 1] = Symbols::of(b':');
    telegram.0[0] = Symbols::ALL;
    let discord = [b"M", b"N", b"O"].map(|first| {
        let mut shape = start(first);
        shape.0[0] = Symbols::ALL;
        shape
    });
    [&[telegram], discord.as_slice()].concat()
}

/// Of a name of the policy, its letters without separators. Separators may stand anywhere in it in
/// text, before its last letters only where `may_end` knows what is behind them as a word.
pub(super) fn name(letters: &[u8], may_end: impl Fn(u32) -> bool) -> Vec<Shape> {
    let Some(last) = letters.last().filter(|last| last.is_ascii()) else {
        return Vec::new();
    };
    let from_end = |number: usize| -> Option<Symbols> {
        let at = letters.len().checked_sub(number)?;
        letters.get(at).map(|letter| Symbols::of(*letter))
    };
    let ending = |count: usize| {
        let mut shape = Shape::ANY;
        shape.0[0] = behind(*last);
        for number in 1..=count.min(KNOWN) {
            shape.0[number] = from_end(number).unwrap_or(Symbols::ALL);
        }
        shape
    };
    // Digits at the end of a word need not belong to its name.
    if last.is_ascii_digit() {
        return vec![ending(letters.len().min(WINDOW))];
    }
    let apart = (1..letters.len().min(KNOWN)).filter(|count| {
        let word = &letters[letters.len() - count..];
        let mut known = [0; WINDOW];
        let length = word.len().min(WINDOW);
        known[WINDOW - length..].copy_from_slice(&word[word.len() - length..]);
        *count >= WINDOW || !word.is_ascii() || may_end(window(known))
    });
    let apart = apart.map(|count| {
        let mut shape = ending(count);
        shape.0[count + 1] = Symbols::SEPARATORS;
        // Of what stands before, that it goes on with the name or is one more separator.
        let mut symbols = Symbols::SEPARATORS;
        for number in count + 1..KNOWN {
            match from_end(number) {
                Some(letter) => symbols = symbols.or(letter),
                None => break,
            }
            shape.0[number + 1] = symbols;
        }
        shape
    });
    apart.chain([ending(letters.len())]).collect()
}

/// What may stand behind the last letter or digit of a word.
fn behind(last: u8) -> Symbols {
    if last.is_ascii_digit() {
        Symbols::DIGITS.not()
    } else {
        Symbols::LETTERS.not()
    }
}

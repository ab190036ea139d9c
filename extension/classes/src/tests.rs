use super::*;

fn shape(places: &[Symbols]) -> Shape {
    let mut shape = Shape::ANY;
    shape.0[..places.len()].copy_from_slice(places);
    shape
}

/// Literals that end where another class of byte follows.
fn filter(literals: &[&[u8]]) -> Filter {
    let shape_of = |literal: &&[u8]| {
        let mut places = vec![Symbols::WORD.not()];
        places.extend(literal.iter().rev().map(|byte| Symbols::of(*byte)));
        places.truncate(PLACES);
        shape(&places)
    };
    let start = shape(&[
        Symbols::of(b'y'),
        Symbols::of(b'e'),
        Symbols::of(b'k'),
        Symbols::WORD.not(),
    ]);
    Filter::new(literals.iter().map(shape_of).collect(), vec![start])
}

fn looked(way: Way, filter: &Filter, bytes: &[u8], at: usize, blocks: usize) -> Vec<Classes> {
    let mut out = vec![Classes::default(); blocks];
    Classifier(way).fill(bytes, at, filter, &mut out);
    out
}

/// Bytes that tell something, in an order that is the same each time.
fn sample(length: usize, seed: u64) -> Vec<u8> {
    const PIECES: [&[u8]; 12] = [
        b"api key",
        b"password",
        b" ",
        b"_",
        b"-",
        b"12",
        b"://",
        b"@",
        b"%&\\",
        b"\xC3\xA9",
        b"keys",
        b"Word.",
    ];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::new();
    while bytes.len() < length {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        let drawn = (state >> 33) as usize;
        match drawn % 3 {
            0 => bytes.push((drawn >> 8) as u8),
            _ => bytes.extend(PIECES[(drawn >> 8) % PIECES.len()]),
        }
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn every_byte_at_every_place_is_classified_alike() {
    let filter = filter(&[]);
    for byte in 0..=255u8 {
        for at in 0..BLOCK {
            let mut block = [b' '; BLOCK];
            block[at] = byte;
            let plain = portable::classes(&block);
            let bit = 1u64 << at;
            let c = char::from(byte);
            assert_eq!(plain.letter == bit, c.is_ascii_alphabetic(), "{byte}");
            assert_eq!(plain.digit == bit, c.is_ascii_digit(), "{byte}");
            let run = c.is_ascii_alphanumeric() || "_-+/".contains(c);
            assert_eq!(plain.run == bit, run && byte < 0x80, "{byte}");
            assert_eq!(plain.word(), plain.letter | plain.digit, "{byte}");
            assert_eq!(plain.slash == bit, c == '/', "{byte}");
            assert_eq!(plain.at == bit, c == '@', "{byte}");
            assert_eq!(plain.colon == bit, c == ':', "{byte}");
            assert_eq!(plain.escape == bit, "%&\\".contains(c), "{byte}");
            assert_eq!(plain.high == bit, byte >= 0x80, "{byte}");
            for way in Classifier::ways() {
                let found = looked(way, &filter, &block, 0, 1);
                assert_eq!(found, [plain], "{way:?}: {byte} at {at}");
            }
        }
    }
}

#[test]
fn all_ways_see_the_same() {
    let filter = filter(&[b"key", b"password", b"word", b"12"]);
    for seed in 0..200u64 {
        let bytes = sample(seed as usize * 3, seed);
        let blocks = bytes.len() / BLOCK + 2;
        let plain = looked(Way::Portable, &filter, &bytes, 0, blocks);
        for way in Classifier::ways() {
            assert_eq!(looked(way, &filter, &bytes, 0, blocks), plain, "{way:?}");
            for from in 0..blocks {
                let part = looked(way, &filter, &bytes, from * BLOCK, blocks - from);
                assert_eq!(part, plain[from..], "{way:?} from block {from}");
            }
        }
    }
}

/// A literal that is there passes, however many there are.
#[test]
fn nothing_is_missed() {
    let words: Vec<Vec<u8>> = (0..600)
        .map(|seed| sample(3 + seed % 7, seed as u64))
        .collect();
    let is_word = |word: &&Vec<u8>| word.iter().all(u8::is_ascii_alphanumeric);
    let words: Vec<&[u8]> = words.iter().filter(is_word).map(Vec::as_slice).collect();
    assert!(words.len() > 20);
    let filter = filter(&words);
    for (number, word) in words.iter().enumerate() {
        for shift in 0..BLOCK + 9 {
            let mut text = vec![b'.'; shift];
            text.extend(word.to_ascii_uppercase());
            // One behind another class of byte is no end.
            if number % 2 == 0 {
                text.push(b' ');
            }
            let end = shift + word.len();
            for way in Classifier::ways() {
                let found = looked(way, &filter, &text, 0, 3);
                let bit = found[end / BLOCK].ends >> (end % BLOCK) & 1;
                assert_eq!(bit, 1, "{way:?}: {text:?}");
            }
        }
    }
}

#[test]
fn words_that_begin_with_a_literal() {
    let filter = filter(&[]);
    for shift in 0..BLOCK + 9 {
        let mut text = vec![b'.'; shift];
        text.extend(b"keys-KEYS monkeys.ke");
        let third = [shift + 2, shift + 7];
        for way in Classifier::ways() {
            let found = looked(way, &filter, &text, 0, 3);
            for at in 0..text.len() {
                let bit = found[at / BLOCK].starts >> (at % BLOCK) & 1;
                assert_eq!(bit == 1, third.contains(&at), "{way:?}: {at}");
            }
        }
    }
}

#[test]
fn the_end_is_padded_with_nothing() {
    let filter = filter(&[b"ab"]);
    for way in Classifier::ways() {
        let found = looked(way, &filter, b"ab1", 0, 3);
        assert_eq!(found[0].letter, 0b11, "{way:?}");
        assert_eq!(found[0].digit, 0b100);
        assert_eq!(found[1..], [Classes::default(); 2]);
        let full = [b"a".repeat(62), b"ab".to_vec()].concat();
        let found = looked(way, &filter, &full, 0, 2);
        assert_eq!(found[1].ends, 1, "it ends with the block");
    }
}

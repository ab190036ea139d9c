//! Look-alikes: what Unicode offers in place of an ASCII character, for matching only. Nothing
//! folded is ever written back.

/// The ASCII reading of `c`: `Some(None)` for what is invisible, `None` for what stays itself.
pub(super) fn fold(c: char) -> Option<Option<char>> {
    let code = c as u32;
    Some(Some(match code {
        // Soft hyphen, joiners, bidi controls, variation selectors, tags, byte order mark.
        0xAD
        | 0x34F
        | 0x61C
        | 0x115F
        | 0x1160
        | 0x17B4
        | 0x17B5
        | 0x180B..=0x180E
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x206F
        | 0x3164
        | 0xFE00..=0xFE0F
        | 0xFEFF
        | 0xFFA0
        | 0xE0000..=0xE0FFF => return Some(None),
        // Full-width forms of the whole printable ASCII range.
        0xFF01..=0xFF5E => ascii(code - 0xFF01 + 0x21),
        0x2010..=0x2015 | 0x2043 | 0x2212 | 0xFE58 | 0xFE63 => '-',
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 => ' ',
        0xFE6B => '@',
        0x2024 | 0x3002 | 0xFE52 | 0xFF61 => '.',
        0xFE55 | 0xA789 | 0x2236 => ':',
        0x2044 | 0x2215 => '/',
        _ => return digit(code).or_else(|| math_letter(code)).map(Some),
    }))
}

/// As [`fold`], and letters of other scripts that look Latin: for names of keys, where a reader
/// would be fooled, not for text, where they are simply letters.
pub(super) fn fold_name(c: char) -> Option<Option<char>> {
    if let Some(folded) = fold(c) {
        return Some(folded);
    }
    let latin = match c {
        'а' | 'А' | 'α' | 'Α' | 'ɑ' => 'a',
        'в' | 'В' | 'Β' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'ё' | 'ε' | 'Ε' | 'є' => 'e',
        'ɡ' => 'g',
        'һ' | 'Н' | 'Η' => 'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' | 'ӏ' => 'i',
        'ј' | 'Ј' => 'j',
        'к' | 'К' | 'κ' | 'Κ' => 'k',
        'ⅼ' | 'ǀ' => 'l',
        'м' | 'М' | 'Μ' => 'm',
        'п' | 'Ν' | 'ո' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' | 'σ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' | 'Ѕ' | 'ſ' => 's',
        'т' | 'Т' | 'τ' | 'Τ' => 't',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ѡ' | 'ω' | 'ш' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'γ' | 'Υ' => 'y',
        'ᴢ' | 'Ζ' => 'z',
        _ => return None,
    };
    Some(Some(latin))
}

/// Decimal digits outside ASCII: each block starts at its zero.
fn digit(code: u32) -> Option<char> {
    const ZEROS: [u32; 24] = [
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
        0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0xA620, 0xA8D0,
    ];
    if (0x1D7CE..=0x1D7FF).contains(&code) {
        return Some(ascii(0x30 + (code - 0x1D7CE) % 10));
    }
    ZEROS
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))
        .map(|zero| ascii(0x30 + code - zero))
}

/// Mathematical alphabets: thirteen runs of A to Z, a to z.
fn math_letter(code: u32) -> Option<char> {
    if !(0x1D400..=0x1D6A3).contains(&code) {
        return None;
    }
    let letter = (code - 0x1D400) % 52;
    Some(ascii(if letter < 26 {
        0x41 + letter
    } else {
        0x61 + letter - 26
    }))
}

fn ascii(code: u32) -> char {
    char::from_u32(code).unwrap_or('\u{FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str, one: impl Fn(char) -> Option<Option<char>>) -> String {
        text.chars()
            .filter_map(|c| one(c).unwrap_or(Some(c)))
            .collect()
    }

    #[test]
    fn look_alikes_fold_and_letters_stay() {
        assert_eq!(folded("ａ\u{200b}＠ｂ．ｃ", fold), "a@b.c");
        assert_eq!(folded("٤٢‑४२ 𝟕𝐀", fold), "42-42 7A");
        assert_eq!(folded("Привет é 日本", fold), "Привет é 日本");
        assert_eq!(folded("раѕѕｗоrd", fold_name), "password");
    }
}

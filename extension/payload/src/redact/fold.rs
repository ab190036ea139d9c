//! Look-alikes: what Unicode offers in place of an ASCII character, for matching only. Nothing
//! folded is ever written back.

/// The ASCII reading of `c`: `Some(None)` for what is invisible, `None` for what stays itself.
pub(super) fn fold(c: char) -> Option<Option<char>> {
    let code = c as u32;
    if stays(code) { None } else { reading(code) }
}

fn reading(code: u32) -> Option<Option<char>> {
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
        _ => return digit(code).or_else(|| letter(code)).map(Some),
    }))
}

/// What most text beyond ASCII is made of: letters of common scripts, quotes, arrows, boxes, emoji.
#[inline]
fn stays(code: u32) -> bool {
    matches!(
        code,
        0xC0..=0x34E
            | 0x370..=0x60F
            | 0x2016..=0x2023
            | 0x2025..=0x2027
            | 0x2030..=0x2042
            | 0x2190..=0x2211
            | 0x2300..=0x245F
            | 0x2500..=0x2773
            | 0x3003..=0x3163
            | 0x3165..=0xA61F
            | 0xAC00..=0xD7FF
            | 0x1F300..=0x1FAFF
    )
}

/// As [`fold`], and letters of other scripts that look Latin or have marks: for names of keys, where
/// a reader would be fooled, not for text, where they are simply letters.
pub(super) fn fold_name(c: char) -> Option<Option<char>> {
    if c.is_ascii() {
        return None;
    }
    match c {
        '\u{300}'..='\u{36F}' => return Some(None),
        // Between words.
        '·' | '•' | '‧' | '・' => return Some(Some('-')),
        _ => {}
    }
    fold(c).or_else(|| look_alike(c).or_else(|| unmarked(c)).map(Some))
}

/// The Latin letter that one of another script looks like.
pub(super) fn look_alike(c: char) -> Option<char> {
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
        'Ζ' => 'z',
        'ᴀ'..='ᴢ' | 'ꜰ' | 'ꜱ' | 'ʀ' | 'ɪ' | 'ɴ' | 'ʙ' | 'ɢ' | 'ʜ' | 'ʟ' | 'ʏ' => {
            small_capital(c)?
        }
        _ => return None,
    };
    Some(if c.is_uppercase() {
        latin.to_ascii_uppercase()
    } else {
        latin
    })
}

fn small_capital(c: char) -> Option<char> {
    const CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘqʀꜱᴛᴜᴠᴡxʏᴢ";
    let place = CAPITALS.chars().position(|capital| capital == c)?;
    Some(ascii(0x61 + place as u32))
}

/// A letter without its accent, one that stands raised.
fn unmarked(c: char) -> Option<char> {
    /// From U+1E00 on.
    const MARKED: &str = concat!(
        "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppp",
        "rrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy------",
        "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy",
    );
    const RAISED: &str = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖqʳˢᵗᵘᵛʷˣʸᶻ";
    Some(match c {
        '\u{1E00}'..='\u{1E99}' | '\u{1EA0}'..='\u{1EF9}' => {
            let place = c as usize - 0x1E00;
            return MARKED.chars().nth(place);
        }
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ĵ' => 'j',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ơ' | 'ǒ' | 'ө' | 'Ө' => 'o',
        'ư' | 'ǔ' => 'u',
        'à'..='å' | 'À'..='Å' | 'ā' | 'ă' | 'ą' | 'ǎ' => 'a',
        'ç' | 'Ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'È'..='Ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'Ì'..='Ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ķ' => 'k',
        'ñ' | 'Ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'Ò'..='Ö' | 'Ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'Ù'..='Ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'Ý' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => {
            let place = RAISED.chars().position(|raised| raised == c)?;
            ascii(0x61 + place as u32)
        }
    })
}

/// Decimal digits outside ASCII: each block starts at its zero.
fn digit(code: u32) -> Option<char> {
    const ZEROS: [u32; 42] = [
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
        0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
        0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0x2080, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50,
        0xABF0, 0x104A0, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x1FBF0,
    ];
    let value = match code {
        0x1D7CE..=0x1D7FF => (code - 0x1D7CE) % 10,
        // Raised and in circles; there the zero is elsewhere.
        0xB2 | 0xB3 => code - 0xB0,
        0xB9 => 1,
        0x2070 | 0x2074..=0x2079 => code - 0x2070,
        0x24EA | 0x24FF => 0,
        0x2460..=0x2468 => code - 0x245F,
        0x24F5..=0x24FD => code - 0x24F4,
        0x2776..=0x277E => code - 0x2775,
        0x2780..=0x2788 => code - 0x277F,
        0x278A..=0x2792 => code - 0x2789,
        _ => {
            let block = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
            code - ZEROS[block]
        }
    };
    (value < 10).then(|| ascii(0x30 + value))
}

/// Letters of the mathematical alphabets, thirteen runs of A to Z, a to z; those of them that are
/// elsewhere; letters in circles and squares.
fn letter(code: u32) -> Option<char> {
    let (first, letter) = match code {
        0x1D400..=0x1D6A3 => match (code - 0x1D400) % 52 {
            letter @ ..26 => (0x41, letter),
            letter => (0x61, letter - 26),
        },
        0x24B6..=0x24CF => (0x41, code - 0x24B6),
        0x24D0..=0x24E9 => (0x61, code - 0x24D0),
        0x1F130..=0x1F149 => (0x41, code - 0x1F130),
        0x1F150..=0x1F169 => (0x41, code - 0x1F150),
        0x1F170..=0x1F189 => (0x41, code - 0x1F170),
        0x2102..=0x213D => {
            const ELSEWHERE: &str = "ℂCℊgℋHℌHℍHℎhℐIℑIℒLℓlℕNℙPℚQℛRℜRℝRℤZℨZ\u{212A}KℬBℭCℯeℰEℱFℳMℴoℹi";
            let mut pairs = ELSEWHERE.chars();
            while let (Some(c), Some(plain)) = (pairs.next(), pairs.next()) {
                if c as u32 == code {
                    return Some(plain);
                }
            }
            return None;
        }
        _ => return None,
    };
    Some(ascii(first + letter))
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
    fn what_stays_has_no_other_reading() {
        let all = (0..=0x10FFFF).filter(|code| stays(*code));
        let other = all.filter(|code| reading(*code).is_some());
        assert_eq!(other.collect::<Vec<u32>>(), Vec::<u32>::new());
    }

    #[test]
    fn look_alikes_fold_and_letters_stay() {
        assert_eq!(folded("ａ\u{200b}＠ｂ．ｃ", fold), "a@b.c");
        assert_eq!(folded("٤٢‑४२ 𝟕𝐀", fold), "42-42 7A");
        assert_eq!(folded("Привет é 日本", fold), "Привет é 日本");
        assert_eq!(folded("⁴²¹ ③⓪ ₇ 🯴 𐒤 ⓟ𝓅ℴ🅿", fold), "421 30 7 4 4 ppoP");
        assert_eq!(folded("раѕѕｗоrd", fold_name), "password");
        assert_eq!(folded("ᴘàsswo\u{308}rᵈ", fold_name), "password");
        assert_eq!(folded("ṗassẇөrḍ ỹ", fold_name), "password y");
        assert_eq!(folded("api·key hasło", fold_name), "api-key haslo");
        assert_eq!(folded("ＡＰＩ KEY_1-x", fold_name), "API KEY_1-x");
        assert_eq!(folded("naïve ½ ™ ℃", fold), "naïve ½ ™ ℃");
    }
}

//! Names of code, and what is none.

const GIBBERISH_MIN: usize = 16;
const GIBBERISH_MAX: usize = 64;

/// A name as people write them: words, with at most a short number behind.
pub(super) fn is_identifier(part: &str) -> bool {
    let bytes = part.as_bytes();
    if is_constant(part) {
        return true;
    }
    let starts_well = bytes
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || b"_$@".contains(b));
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let tail = bytes
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    starts_well
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_$@-?!".contains(b))
        && (digits == 0 || (digits == tail && digits <= 2 && bytes.len() <= 16))
        && !is_gibberish(bytes)
}

/// `DOT11_DIALOG_TOKEN`: words in capitals, with short numbers behind some.
fn is_constant(part: &str) -> bool {
    let mut words = part.split('_');
    let numbered = |word: &str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        word.len() - letters.len() <= 2 && letters.bytes().all(|b| b.is_ascii_uppercase())
    };
    let plain = |word: &str| word.len() >= 4 && word.bytes().all(|b| b.is_ascii_uppercase());
    part.len() <= 64
        && words.clone().count() > 2
        && words.all(numbered)
        && part.split('_').filter(|word| plain(word)).count() >= 2
}

/// Letters that change their case as no name does: `QuietHarborcMSCzdIpOkkP`.
pub(super) fn is_gibberish(bytes: &[u8]) -> bool {
    if !(GIBBERISH_MIN..=GIBBERISH_MAX).contains(&bytes.len())
        || !bytes.iter().all(u8::is_ascii_alphabetic)
    {
        return false;
    }
    // Words start with a capital, one that another follows, or one that a small letter follows.
    let starts = |i: usize| {
        bytes[i].is_ascii_uppercase()
            && (i == 0
                || bytes[i - 1].is_ascii_lowercase()
                || bytes.get(i + 1).is_some_and(u8::is_ascii_lowercase))
    };
    let (mut odd, mut from) = (0, 0);
    for end in (1..=bytes.len()).filter(|end| *end == bytes.len() || starts(*end)) {
        let word = &bytes[from..end];
        let vowel = word.iter().any(|b| b"aeiouyAEIOUY".contains(b));
        odd += usize::from(word.len() <= 2 || !vowel);
        from = end;
    }
    odd >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_is_none() {
        for name in [
            "user_password",
            "token2",
            "XMLHttpRequest",
            "getHTTPSURLForXMLDocument",
            "AccessTokenCredentialProvider",
            "DOT11_DIALOG_TOKEN",
        ] {
            assert!(is_identifier(name), "{name}");
            assert!(!is_gibberish(name.as_bytes()), "{name}");
        }
        for value in [
            "QuietHarborcMSCzdIpOkkP",
            "pa55Granite",
            "4abc",
            "AB12_CD34_7Z9",
        ] {
            assert!(!is_identifier(value), "{value}");
        }
    }
}

//! Tokens without a prefix: a sign in their middle and the lengths around it tell them.

use super::super::kind::Kind;
use super::super::spans::{Hit, Hits};
use super::Input;
use super::token::is_of_both_cases;

/// Telegram's `<8 to 10 digits>:AA<33>`, found by its `:AA` at `at`.
pub(crate) fn find_telegram(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let start = input.run_back(at, 11, |b| b.is_ascii_digit());
    let end = input.run(at + 1, 64, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
    });
    if (8..=10).contains(&(at - start)) && end - at >= 33 {
        hits.push(start, end, Kind::token("telegram-token"));
    }
}

/// Mailchimp's `<32 hex>-us<number>`, found by its `-us` at `at`.
pub(crate) fn find_mailchimp(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let start = input.run_back(at, 33, |b| b.is_ascii_hexdigit());
    let end = input.run(at + 3, 3, |b| b.is_ascii_digit());
    let apart = !super::is_word(input.before(start)) && !super::is_word(input.byte(end));
    if at - start == 32 && end > at + 3 && apart {
        hits.push(start, end, Kind::token("mailchimp-key"));
    }
}

/// Azure's client secrets `<3><digit>Q~<31 to 34>`, found by their `Q~` at `at`.
pub(crate) fn find_azure_secret(input: &Input<'_>, at: usize, hits: &mut Hits) {
    let belongs = |b: u8| b.is_ascii_alphanumeric() || b"_~.-".contains(&b);
    let start = input.run_back(at, 4, belongs);
    let end = input.run(at + 2, 40, belongs);
    if at - start == 4
        && input.before(at).is_ascii_digit()
        && input.byte(at) == b'Q'
        && end - at >= 31
    {
        hits.push(start, end, Kind::token("azure-secret"));
    }
}

/// What Azure's keys for models have in their middle.
pub(crate) const AZURE_OPENAI: &str = "JQQJ99";

/// `<52>JQQJ99<26>`, found by its middle at `at..end`.
pub(crate) fn find_azure_openai(input: &Input<'_>, at: usize, end: usize, hits: &mut Hits) {
    let start = input.run_back(at, 53, |b| b.is_ascii_alphanumeric());
    let stop = input.run(end, 27, |b| b.is_ascii_alphanumeric());
    if at - start == 52 && stop - end == 26 {
        hits.push(start, stop, Kind::token("azure-openai-key"));
    }
}

/// Asana's `1/<16 digits>:<32 hex>`, of which the digits are `at..end`.
pub(crate) fn find_asana(input: &Input<'_>, at: usize, end: usize) -> Option<Hit> {
    let digits = |b: u8| b.is_ascii_digit();
    if !(13..=17).contains(&(end - at)) || input.byte(end) != b':' || input.before(at) != b'/' {
        return None;
    }
    let stop = input.run(end + 1, 33, |b| b.is_ascii_hexdigit());
    // A user may stand before the application.
    let user = input.run_back(at - 1, 17, digits);
    let start = if input.before(user) == b'/' {
        input.run_back(user - 1, 1, digits)
    } else {
        user
    };
    let shaped = matches!(input.byte(start), b'0'..=b'2') && input.byte(start + 1) == b'/';
    (shaped && stop - end == 33).then_some(Hit {
        start,
        end: stop,
        kind: Kind::token("asana-token"),
    })
}

/// Terraform's `<14>.atlasv1.<60>`, found by its middle at `at`.
pub(crate) fn find_terraform(input: &Input<'_>, at: usize, end: usize, hits: &mut Hits) {
    let start = input.run_back(at, 20, |b| b.is_ascii_alphanumeric());
    let stop = input.run(end, 120, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
    });
    if at - start >= 10 && stop - end >= 40 {
        hits.push(start, stop, Kind::token("terraform-token"));
    }
}

/// Discord's bot tokens: an id in base64, a timestamp and a signature around dots, from `start` on.
pub(crate) fn find_discord(input: &Input<'_>, start: usize, hits: &mut Hits) {
    let belongs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let at = input.run(start, 30, belongs);
    if !(23..=28).contains(&(at - start)) || input.byte(at) != b'.' || belongs(input.before(start))
    {
        return;
    }
    let middle = input.run(at + 1, 8, belongs);
    let end = input.run(middle + 1, 60, belongs);
    let shaped = middle - at == 7 && input.byte(middle) == b'.' && end - middle > 27;
    let id = || super::encoded::decode_prefix(&input.bytes[start..at]);
    let random = |part: &[u8]| is_of_both_cases(part) && part.iter().any(u8::is_ascii_digit);
    if shaped
        && (id().iter().all(u8::is_ascii_digit)
            || (random(&input.bytes[start..at]) && random(&input.bytes[middle..end])))
    {
        hits.push(start, end, Kind::token("discord-token"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_around_a_sign() {
        let (digits, hex) = ("1204938475610293", "a3f09c5d".repeat(4));
        let azure = format!(
            "{}JQQJ99{}",
            "kX7pQ2mZ".repeat(7).split_at(52).0,
            "kX7pQ2mZ".repeat(4).split_at(26).0
        );
        let id = "NIQ4509zoINyS3yjkQG3A5Fd";
        for (text, found) in [
            (format!("1/{digits}:{hex}"), true),
            (format!("2/{digits}/{digits}:{hex}"), true),
            (format!("1/{digits}:{hex}0"), false),
            (format!("7/{digits}:{hex}"), false),
            (azure.clone(), true),
            (format!("{azure}x"), false),
            (
                format!("{id}.ndI7yf.ETFH-1bazoaTuMnYV69KBHJwTC2ZRMVRZ"),
                true,
            ),
            (
                "NameOfSomeLongModuleInCode.method.anotherVeryLongNameOfSomething".to_owned(),
                false,
            ),
        ] {
            let input = Input::new(&text, "");
            let mut hits = Hits::default();
            let at = text.rfind(':').unwrap_or(0);
            let start = at.saturating_sub(digits.len());
            let asana = find_asana(&input, start, at);
            if let Some(at) = text.find(AZURE_OPENAI) {
                find_azure_openai(&input, at, at + AZURE_OPENAI.len(), &mut hits);
            }
            find_discord(&input, 0, &mut hits);
            let all = hits.iter().copied().chain(asana);
            let whole = |hit: Hit| (hit.start, hit.end) == (0, text.len());
            assert_eq!(all.map(whole).eq([true]), found, "{text}");
        }
    }
}

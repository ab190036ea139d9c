//! Times as callers write them, in microseconds since 1970-01-01 UTC.

use crate::jsonb::Value;

/// Years that PostgreSQL's timestamptz and every client can hold.
const YEARS: std::ops::RangeInclusive<i64> = 1..=9999;

/// A time from RFC 3339 text (`2026-11-21T00:28:17.892996Z`; a blank may stand for the T; without a
/// zone it is UTC, as session tables store it) or from a number of seconds.
pub fn microseconds(value: Value<'_>) -> Option<i64> {
    match value {
        Value::String(text) => from_text(text),
        Value::Number(number) => {
            let micros = number.to_f64()? * 1e6;
            (micros.abs() < 253_402_300_800e6).then(|| micros.round() as i64)
        }
        _ => None,
    }
}

/// A time from a number of milliseconds.
pub fn from_milliseconds(value: Value<'_>) -> Option<i64> {
    let Value::Number(number) = value else {
        return None;
    };
    let micros = number.to_f64()? * 1e3;
    (micros.abs() < 253_402_300_800e6).then(|| micros.round() as i64)
}

/// A time from a number of nanoseconds, or from its digits: they don't fit a double.
pub fn from_nanoseconds(value: Value<'_>) -> Option<i64> {
    let nanos: i64 = match value {
        Value::Number(number) => number.to_i64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    Some(nanos.div_euclid(1000))
}

/// How long a number of seconds is, in milliseconds.
pub fn lasting_seconds(value: Value<'_>) -> Option<i64> {
    let Value::Number(number) = value else {
        return None;
    };
    let ms = (number.to_f64()? * 1e3).round();
    (0.0..1e15).contains(&ms).then_some(ms as i64)
}

fn from_text(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, len: usize| -> Option<i64> {
        let digits = text.get(from..from + len)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let mark = |at: usize, wanted: &[u8]| {
        bytes
            .get(at)
            .is_some_and(|b| wanted.contains(b))
            .then_some(())
    };
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    mark(4, b"-")?;
    mark(7, b"-")?;
    mark(10, b"Tt ")?;
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    mark(13, b":")?;
    mark(16, b":")?;
    let mut at = 19;
    let mut micros = 0;
    if bytes.get(at) == Some(&b'.') {
        let digits = bytes[at + 1..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let kept = digits.min(6);
        micros = number(at + 1, kept)? * 10i64.pow(6 - kept as u32);
        at += 1 + digits;
    }
    let offset = match bytes.get(at) {
        None => 0,
        Some(b'Z' | b'z') if bytes.len() == at + 1 => 0,
        Some(sign @ (b'+' | b'-')) => {
            let hours = number(at + 1, 2)?;
            let minutes = match bytes.len() - at {
                3 => 0,
                5 => number(at + 3, 2)?,
                6 if bytes[at + 3] == b':' => number(at + 4, 2)?,
                _ => return None,
            };
            let seconds = hours * 3600 + minutes * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        Some(_) => return None,
    };
    let in_range = YEARS.contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !in_range {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some((seconds - offset) * 1_000_000 + micros)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from the civil calendar: March-based years make the leap day the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_spellings_agree() {
        let micros = 1_795_220_897_892_996;
        for text in [
            "2026-11-21T00:28:17.892996Z",
            "2026-11-21 00:28:17.892996",
            "2026-11-21T02:28:17.892996+02:00",
            "2026-11-20T19:28:17.8929961-0500",
            "2026-11-21T00:28:17.892996+00",
        ] {
            assert_eq!(from_text(text), Some(micros), "{text}");
        }
        assert_eq!(from_text("1969-12-31T23:59:59Z"), Some(-1_000_000));
        assert_eq!(
            from_text("2024-02-29T00:00:00Z"),
            Some(1_709_164_800_000_000)
        );
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-11-21",
            "2026-11-21T00:28:17.Z9",
            "2026-11-21T24:00:00Z",
            "0000-01-01T00:00:00Z",
            "２026-11-21T00:00:00Z",
        ] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}

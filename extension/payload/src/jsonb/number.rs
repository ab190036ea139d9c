//! PostgreSQL's numeric, as jsonb keeps it: base 10000 digits, never through a float.

use super::Error;
use crate::interrupt;
use std::fmt::Write;

const SIGN_MASK: u16 = 0xC000;
const NEGATIVE: u16 = 0x4000;
const SHORT: u16 = 0x8000;
const SPECIAL: u16 = 0xC000;
const SHORT_NEGATIVE: u16 = 0x2000;
const SHORT_SCALE_SHIFT: u16 = 7;
const SHORT_SCALE_MAX: usize = 63;
const SHORT_WEIGHT_SIGN: u16 = 0x0040;
const SHORT_WEIGHT_MASK: u16 = 0x003F;
const SCALE_MAX: usize = 16383;
/// Most digits before the decimal point that numeric holds.
const INTEGER_DIGITS_MAX: i64 = 131_072;

/// A number inside jsonb: a numeric datum.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a> {
    datum: &'a [u8],
    negative: bool,
    scale: usize,
    weight: i32,
    digits: &'a [u8],
}

impl<'a> Number<'a> {
    /// `bytes` starts with the datum's varlena header and may run past its end.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let first = *bytes.first().ok_or(Error::Corrupt)?;
        let (start, total) = if first & 1 == 1 {
            (1, usize::from(first >> 1))
        } else {
            let head = bytes.get(..4).ok_or(Error::Corrupt)?;
            let word = u32::from_ne_bytes([head[0], head[1], head[2], head[3]]);
            if word & 2 != 0 {
                return Err(Error::Corrupt); // compressed: never inside jsonb
            }
            (4, (word >> 2) as usize)
        };
        let datum = bytes.get(..total).ok_or(Error::Corrupt)?;
        let body = datum.get(start..).ok_or(Error::Corrupt)?;
        let header = half(body, 0)?;
        let (negative, scale, weight, digits) = match header & SIGN_MASK {
            SPECIAL => return Err(Error::Corrupt), // NaN and infinities are not JSON
            SHORT => {
                let mut weight = i32::from(header & SHORT_WEIGHT_MASK);
                if header & SHORT_WEIGHT_SIGN != 0 {
                    weight -= 64;
                }
                let scale = (header & !(SHORT | SHORT_NEGATIVE)) >> SHORT_SCALE_SHIFT;
                (
                    header & SHORT_NEGATIVE != 0,
                    usize::from(scale),
                    weight,
                    &body[2..],
                )
            }
            sign => {
                let weight = i32::from(half(body, 2)? as i16);
                let scale = usize::from(header & !SIGN_MASK);
                (sign == NEGATIVE, scale, weight, &body[4..])
            }
        };
        if digits.len() % 2 != 0 {
            return Err(Error::Corrupt);
        }
        Ok(Number {
            datum,
            negative,
            scale,
            weight,
            digits,
        })
    }

    /// The datum, varlena header first.
    pub fn bytes(&self) -> &'a [u8] {
        self.datum
    }

    /// True when nothing stands after the decimal point.
    pub fn is_integer(&self) -> bool {
        self.scale == 0
    }

    /// True when it has more than 32 digits before the decimal point: its text may be far longer than
    /// the datum (`1e131071`).
    pub fn is_long(&self) -> bool {
        self.weight >= 8
    }

    /// The value as i64, when it is an integer that fits.
    pub fn to_i64(&self) -> Option<i64> {
        if self.scale != 0 || self.weight > 4 {
            return None;
        }
        self.text().as_str().parse().ok()
    }

    /// The value as f64, rounded.
    pub fn to_f64(&self) -> Option<f64> {
        self.text().as_str().parse().ok()
    }

    /// The number as the server prints it.
    pub fn text(&self) -> NumberText {
        let mut out = String::with_capacity(self.digits.len() * 2 + 8);
        if self.negative {
            out.push('-');
        }
        let digit = |i: i32| -> u16 {
            usize::try_from(i)
                .ok()
                .and_then(|i| half(self.digits, i * 2).ok())
                .unwrap_or(0)
        };
        // Groups that are stored; what comes behind them is zeros.
        let stored = (self.digits.len() / 2) as i32;
        if self.weight < 0 {
            out.push('0');
        } else {
            let _ = write!(out, "{}", digit(0));
            for i in 1..stored.min(self.weight + 1) {
                let _ = write!(out, "{:04}", digit(i));
            }
            push_zeros(&mut out, 4 * (self.weight + 1 - stored.max(1)));
        }
        if self.scale > 0 {
            out.push('.');
            let end = out.len() + self.scale;
            let mut i = self.weight + 1;
            while out.len() < end && i < stored {
                let _ = write!(out, "{:04}", digit(i));
                i += 1;
            }
            let missing = end as i32 - out.len() as i32;
            push_zeros(&mut out, missing);
            out.truncate(end);
        }
        NumberText(out)
    }
}

fn push_zeros(out: &mut String, count: i32) {
    out.extend(std::iter::repeat_n(
        '0',
        usize::try_from(count).unwrap_or(0),
    ));
}

/// A number's text; it may hold something sensitive, so it has no Debug of its own.
pub struct NumberText(String);

impl NumberText {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The numeric datum of a JSON number; `None` when numeric cannot hold it.
pub fn number_from_text(text: &str) -> Option<Vec<u8>> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // Far beyond what numeric holds, and small enough to count with.
    if exponent.unsigned_abs() > 1 << 30 {
        return None;
    }
    let scale = usize::try_from((fraction.len() as i64 - exponent).max(0)).ok()?;
    if scale > SCALE_MAX {
        return None;
    }
    let is_decimal = |part: &str| interrupt::all(part.as_bytes(), |b| b.is_ascii_digit());
    let digits = whole.len() + fraction.len();
    if digits == 0 || !is_decimal(whole) || !is_decimal(fraction) {
        return None;
    }
    // Decimal exponent of the first digit kept: leading zeros count for nothing.
    let decimals = || whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
    let is_zero = |digit: &u8| {
        interrupt::check(1);
        *digit == 0
    };
    let leading = decimals().take_while(is_zero).count();
    let point = whole.len() as i64 - leading as i64 + exponent;
    if leading == digits {
        return Some(datum(false, scale, 0, &[]));
    }
    if point > INTEGER_DIGITS_MAX {
        return None;
    }
    // Groups of four are counted from the decimal point.
    let weight = (point - 1).div_euclid(4);
    let lead = (weight + 1) * 4 - point;
    let mut groups = Vec::with_capacity((digits - leading) / 4 + 2);
    let mut group = 0u16;
    let mut filled = usize::try_from(lead).ok()?;
    for digit in decimals().skip(leading) {
        group = group * 10 + u16::from(digit);
        filled += 1;
        if filled == 4 {
            groups.push(group);
            group = 0;
            filled = 0;
        }
    }
    if filled > 0 {
        groups.push(group * 10u16.pow(4 - filled as u32));
    }
    while groups.last() == Some(&0) {
        groups.pop();
    }
    Some(datum(negative, scale, i32::try_from(weight).ok()?, &groups))
}

fn datum(negative: bool, scale: usize, weight: i32, groups: &[u16]) -> Vec<u8> {
    let short = scale <= SHORT_SCALE_MAX && (-64..=63).contains(&weight);
    let header = if short { 2 } else { 4 };
    let total = 4 + header + groups.len() * 2;
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(&((total as u32) << 2).to_ne_bytes());
    if short {
        let mut word = SHORT | ((scale as u16) << SHORT_SCALE_SHIFT);
        if negative {
            word |= SHORT_NEGATIVE;
        }
        if weight < 0 {
            word |= SHORT_WEIGHT_SIGN;
        }
        word |= weight as u16 & SHORT_WEIGHT_MASK;
        out.extend_from_slice(&word.to_ne_bytes());
    } else {
        let sign = if negative { NEGATIVE } else { 0 };
        out.extend_from_slice(&(sign | scale as u16).to_ne_bytes());
        out.extend_from_slice(&(weight as i16).to_ne_bytes());
    }
    for group in groups {
        out.extend_from_slice(&group.to_ne_bytes());
    }
    out
}

fn half(bytes: &[u8], at: usize) -> Result<u16, Error> {
    let two = bytes.get(at..at + 2).ok_or(Error::Corrupt)?;
    Ok(u16::from_ne_bytes([two[0], two[1]]))
}

//! What JSON text means, by another reader than ours.

use serde_json::Value;

/// Whether serde_json reads it; it nests 128 levels, and takes no lone surrogates.
pub fn is_json(text: &str) -> bool {
    read(text).is_some()
}

fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)).ok()
}

/// Both are the same value, in so far as serde_json can say.
pub fn same_json(before: &str, after: &str) {
    let (Some(before), Some(after)) = (read(before), read(after)) else {
        return;
    };
    assert!(same(&before, &after), "{before} became {after}");
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => decimal(&a.to_string()) == decimal(&b.to_string()),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// Sign, digits without zeros around them, and the power of ten of the last: one form per number.
fn decimal(text: &str) -> Option<(bool, String, i128)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i128>().ok()?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.trim_start_matches('-');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let trimmed = digits.trim_end_matches('0');
    let exponent = exponent - fraction.len() as i128 + (digits.len() - trimmed.len()) as i128;
    let trimmed = trimmed.trim_start_matches('0');
    if trimmed.is_empty() {
        return Some((false, String::new(), 0));
    }
    Some((negative, trimmed.to_owned(), exponent))
}

//! Objects that hold a name and a value as two members: `{"name": "DB_PASSWORD", "value": "…"}`.

/// Keys that name what a value beside them is, in the order they are asked for.
const NAMES: [&str; 18] = [
    "name",
    "key",
    "field",
    "header",
    "variable",
    "param",
    "parameter",
    "attribute",
    "envVar",
    "label",
    "property",
    "setting",
    "option",
    "attr",
    "column",
    "id",
    "title",
    "path",
];
/// The same where words of names begin with a capital, or are nothing but capitals.
const TITLED: [&str; 4] = ["Name", "Key", "Field", "Header"];
const SHOUTED: [&str; 3] = ["NAME", "KEY", "FIELD"];
/// How a value is called before and after a change.
const OLD_AND_NEW: [&str; 4] = ["new", "old", "New", "Old"];
/// What a type says of a value.
const TYPED: [&str; 6] = ["string", "plain", "text", "default", "String", "raw"];

/// The answer of `ask` about the first name beside the value under `key` that it knows.
pub(super) fn find_name<T>(key: &str, mut ask: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let (before, word) = split(key)?;
    let bare = before.trim_end_matches(['_', '-']);
    if word == "v" {
        return ask("k");
    }
    if bare.is_empty() || OLD_AND_NEW.contains(&bare) || TYPED.contains(&bare) {
        let names: &[&str] = match word.as_bytes() {
            [b'V', b'A', ..] => &SHOUTED,
            [b'V', ..] if bare.is_empty() => &TITLED,
            _ => &NAMES,
        };
        return names.iter().find_map(|name| ask(name));
    }
    // `ParameterValue` beside `ParameterKey`, `field_value` beside `field_name`.
    let kinds = match word.as_bytes() {
        [b'V', b'A', ..] => ["NAME", "KEY"],
        [b'V', ..] => ["Name", "Key"],
        _ => ["name", "key"],
    };
    kinds
        .iter()
        .find_map(|kind| ask(&format!("{before}{kind}")))
}

/// What stands before the word for a value in a key, and that word.
fn split(key: &str) -> Option<(&str, &str)> {
    const WORD_MAX: usize = 40;
    if matches!(key, "val" | "v" | "default" | "plaintext") {
        return Some(("", key));
    }
    let word = key.strip_suffix('s').unwrap_or(key);
    let ends = ["value", "Value", "VALUE"];
    let end = ends.iter().find(|end| word.ends_with(**end))?;
    let before = &word[..word.len() - end.len()];
    let apart = end.starts_with('V') || before.is_empty() || before.ends_with(['_', '-']);
    (apart && key.len() <= WORD_MAX).then_some((before, *end))
}

/// True for members of an object under a secret key that hold the secret itself.
pub(super) fn is_value_of_secret(key: &str) -> bool {
    const HOLD: [&str; 11] = [
        "new", "old", "before", "after", "from", "to", "current", "previous", "raw", "plain",
        "text",
    ];
    split(key).is_some() || HOLD.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(key: &str) -> Vec<String> {
        let mut all = Vec::new();
        find_name(key, |name| {
            all.push(name.to_owned());
            None::<()>
        });
        all
    }

    #[test]
    fn names_are_looked_for_beside_values() {
        assert_eq!(asked("value"), NAMES);
        assert_eq!(asked("new_value"), NAMES);
        assert_eq!(asked("oldValue"), NAMES);
        assert_eq!(asked("stringValue"), NAMES);
        assert_eq!(asked("values"), NAMES);
        assert_eq!(asked("Value"), TITLED);
        assert_eq!(asked("VALUE"), SHOUTED);
        assert_eq!(asked("v"), ["k"]);
        assert_eq!(asked("ParameterValue"), ["ParameterName", "ParameterKey"]);
        assert_eq!(asked("field_value"), ["field_name", "field_key"]);
        assert_eq!(asked("ENV_VALUE"), ["ENV_NAME", "ENV_KEY"]);
    }

    #[test]
    fn other_members_are_no_values() {
        for key in [
            "text",
            "content",
            "evaluate",
            "devalue",
            "name",
            "values_of",
            "V",
        ] {
            assert_eq!(asked(key), Vec::<String>::new(), "{key}");
        }
    }
}

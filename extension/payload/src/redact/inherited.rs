//! What a container's own place says about what is in it.

use super::keys::Class;
use super::policy::{Plan, Secret};
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inherited<'c> {
    Nothing,
    /// It stands under a secret key: the items of an array are secrets, of an object its `value`.
    Secret(Secret),
    /// `data` of a Kubernetes Secret: every string is one.
    All,
    /// The rows of a table, by columns: `{"columns": ["id", "password"], "rows": [[1, "…"]]}`.
    Rows(&'c Columns),
    Row(&'c Columns),
}

impl Inherited<'_> {
    /// What the item at `index` of an array takes from it.
    pub fn item(self, index: usize) -> Self {
        match self {
            Inherited::Rows(columns) => Inherited::Row(columns),
            Inherited::Row(columns) => match columns.0.get(index) {
                Some(Some(secret)) => Inherited::Secret(*secret),
                _ => Inherited::Nothing,
            },
            other => other,
        }
    }
}

/// Keys of a table's rows, and of what names its columns.
pub(super) const ROWS: [&str; 4] = ["rows", "data", "values", "records"];
pub(super) const COLUMNS: [&str; 5] = ["columns", "fields", "header", "headers", "column_names"];

/// What is secret in each column of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns(Vec<Option<Secret>>);

impl Columns {
    /// `None` when nothing is.
    pub fn new<'n>(plan: &Plan, names: impl Iterator<Item = Cow<'n, str>>) -> Option<Columns> {
        let secret = |name: Cow<'n, str>| {
            let mut secret = plan.secret(&name)?;
            // A column of tokens may be one of pieces of text.
            if secret.class == Class::Token {
                secret.class = Class::Opaque;
            }
            Some(secret)
        };
        let columns: Vec<_> = names.map(secret).collect();
        columns
            .iter()
            .any(Option::is_some)
            .then_some(Columns(columns))
    }
}

#[cfg(test)]
mod tests {
    use crate::json;
    use crate::jsonb::Container;
    use crate::redact::{Policy, Subject, redact};

    /// As jsonb and as JSON in a string; both come out the same a second time.
    fn redacted(text: &str) -> [String; 2] {
        let document = json::parse(Policy::builtin("secrets").unwrap()).unwrap();
        let policy = Policy::compile(Container::root(&document).unwrap()).unwrap();
        let nested = format!("[{}]", serde_json::to_string(text).unwrap());
        [text.to_owned(), nested].map(|text| {
            let input = json::parse(&text).unwrap();
            let output = redact(&input, &policy, &Subject::default()).unwrap();
            let output = output.map_or(input, |(changed, _)| changed);
            let again = redact(&output, &policy, &Subject::default()).unwrap();
            assert!(again.is_none(), "{text}");
            json::print(&output).unwrap()
        })
    }

    #[test]
    fn what_stands_around_a_value_names_it() {
        for text in [
            r#"{"columns": ["id", "password"], "rows": [[1, "s3cret9"], [2, "s3cret9"]]}"#,
            r#"{"fields": [{"name": "id"}, {"name": "api_key"}], "data": [[1, "s3cret9"]]}"#,
            r#"{"header": ["user", "token"], "rows": [["jo", "s3cret9ab"]]}"#,
            r#"{"key": "db.password", "value": {"stringValue": "s3cret9"}}"#,
            r#"{"key": "passwords", "value": {"arrayValue": {"values": [{"stringValue": "s3cret9"}]}}}"#,
            r#"{"property": "password", "value": "s3cret9"}"#,
            r#"{"ParameterKey": "DbPassword", "ParameterValue": "s3cret9"}"#,
            r#"{"selector": "input[name=password]", "text": "s3cret9ab"}"#,
            r#"{"op": "replace", "path": "/db/password", "value": "s3cret9ab"}"#,
            r#"{"id": "password", "type": "text", "value": "s3cret9ab"}"#,
            r#"{"cookies": {"sessionid": "s3cret9abcdefghij", "theme": "dark"}}"#,
            r#"{"kty": "oct", "k": "s3cret9abcdefghij", "alg": "HS256"}"#,
            r#"{"kty": "RSA", "n": "public", "d": "s3cret9abcdefghij"}"#,
        ] {
            for out in redacted(text) {
                assert!(!out.contains("s3cret9"), "{text} -> {out}");
            }
        }
    }

    #[test]
    fn what_is_named_otherwise_stays() {
        for text in [
            r#"{"columns": ["id", "token_count"], "rows": [[1, "a8f3kd93kd02"]]}"#,
            r#"{"columns": ["token", "count"], "rows": [["the", 41872], ["identifier", 3]]}"#,
            r#"{"data": [[1.5, 2.5], [3.5, 4.5]], "fields": ["x", "y"]}"#,
            r#"{"role": "tool", "name": "get_api_key", "content": "the key was rotated"}"#,
            r#"{"id": "login.password", "value": "Your password"}"#,
            r#"{"type": "token", "value": "identifier"}"#,
            r#"{"name": "password", "type": "string", "text": "must be long"}"#,
            r#"{"k": "a8f3kd93kd02a8f3kd93kd02", "d": "a8f3kd93kd02a8f3kd93kd02"}"#,
            r#"{"cookies": {"consent": "accepted", "theme": "dark"}}"#,
        ] {
            for out in redacted(text) {
                assert!(!out.contains("redacted"), "{text} -> {out}");
            }
        }
    }
}

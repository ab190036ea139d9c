use super::*;
use crate::json;
use crate::jsonb::Container;
use crate::redact::Policy;

fn class(key: &str) -> Option<Class> {
    let document = json::parse(Policy::builtin("secrets").unwrap()).unwrap();
    let policy = Policy::compile(Container::root(&document).unwrap()).unwrap();
    policy.plan(&Default::default()).scanner.keys.class(key)
}

#[test]
fn secret_names_in_every_spelling() {
    for key in [
        "password",
        "Password",
        "userPassword",
        "DB_PASSWORD",
        "new-password",
        "PGPASSWORD",
        "password2",
        "spring.datasource.password",
        "clientSecret",
        "CLIENT-SECRET",
        "client secret",
        "apiKey",
        "API_KEY_1",
        "x-api-key",
        "APIKEY",
        "myapikey",
        "secretAccessKey",
        "private_key",
        "SSHPrivateKey",
        "stripe_key",
        "connectionString",
        "db_pass",
        "recovery codes",
        "ｐａｓｓｗｏｒｄ",
        "pass\u{200b}word",
        "раssword",
        "ѕecret",
        "пароль",
    ] {
        assert_eq!(class(key), Some(Class::Secret), "{key}");
    }
    for (key, expected) in [
        ("session.token", Class::Secret),
        ("token", Class::Token),
        ("githubToken", Class::Token),
        ("Proxy-Authorization", Class::Authorization),
        ("set-cookie", Class::Cookie),
        ("otp_code", Class::Code),
        ("auth", Class::Opaque),
    ] {
        assert_eq!(class(key), Some(expected), "{key}");
    }
}

#[test]
fn names_that_only_contain_one_stay() {
    for key in [
        "",
        "password_policy",
        "passwordLastChanged",
        "token_count",
        "max_tokens",
        "total_tokens",
        "tokenizer",
        "next_page_token",
        "progressToken",
        "secretary",
        "secret_name",
        "monkey",
        "turkey",
        "keyboard",
        "key",
        "public_key",
        "primaryKey",
        "cache_key",
        "key_id",
        "author",
        "authority",
        "compass",
        "bypass",
        "passed",
        "spin",
        "session_id",
        "cookie_policy",
        "shipping",
        "42",
        "日本",
    ] {
        assert_eq!(class(key), None, "{key}");
    }
}

#[test]
fn the_longer_rule_wins() {
    let rules = KeyRules::new(&["token", "next page token"], &["page token"]);
    assert_eq!(rules.class("page_token"), None);
    assert_eq!(rules.class("next_page_token"), Some(Class::Secret));
    assert_eq!(rules.class("token"), Some(Class::Token));
}

#[test]
fn long_names_are_judged_by_their_end() {
    assert_eq!(
        class(&("x".repeat(10_000) + "_password")),
        Some(Class::Secret)
    );
    assert_eq!(class(&("password_".repeat(1_000) + "count")), None);
}

#[test]
fn a_name_of_nothing_that_is_seen_matches_nothing() {
    let rules = KeyRules::new(&["\u{200b}", "token"], &["\u{200b}"]);
    assert_eq!(rules.class("token"), Some(Class::Token));
    assert_eq!(rules.class("\u{200b}"), None);
}

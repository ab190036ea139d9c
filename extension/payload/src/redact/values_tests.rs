//! What is a value and what is none.

use super::*;

#[test]
fn placeholders_are_no_values() {
    for value in [
        "",
        "  ",
        "${DB_PASSWORD}",
        "${{ secrets.API_KEY }}",
        "<your-api-key>",
        "xxxxxxxx",
        "********",
        "{{ token }}",
        "$TOKEN",
        "%s",
        "null",
        "None",
        "process.env.X",
        "[redacted:key:3]",
        "•••••",
        "string",
        "YOUR_API_KEY",
        "your-token-here",
        "varchar(64)",
        "include",
        "{db_password}",
    ] {
        assert!(is_placeholder(value), "{value}");
    }
    for value in [
        "hunter2",
        "$ecr3tPw9",
        "pa55-word",
        "x1",
        "nullable9",
        "{Maple7Orchid0XeX}",
    ] {
        assert!(!is_placeholder(value), "{value}");
    }
}

#[test]
fn code_is_no_value() {
    for value in [
        "tokens[i",
        "getpass()",
        "self.password",
        "config.secret,",
        "user_password",
        "Optional[str]",
        "&str",
        "t.token||e.key",
        "token2",
        "DOT11_DIALOG_TOKEN",
        "getHTTPSURLForXMLDocument",
        "AccessTokenCredentialProvider",
    ] {
        assert!(is_expression(value) || value.contains("||"), "{value}");
    }
    for value in [
        "pa55GraniteGtF1EFVrdBIbW9MKc3J",
        "hunter2x9",
        "w1nter!Moss",
        "QuietHarborcMSCzdIpOkkP",
    ] {
        assert!(!is_expression(value), "{value}");
    }
}

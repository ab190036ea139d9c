use crate::json;
use crate::jsonb::Container;
use crate::redact::{Policy, redact_text};

fn redacted(text: &str) -> String {
    let document = json::parse(Policy::builtin("secrets").unwrap()).unwrap();
    let policy = Policy::compile(Container::root(&document).unwrap()).unwrap();
    redact_text(text, &policy, &Default::default())
        .0
        .into_owned()
}

#[test]
fn values_behind_secret_names_go() {
    for (text, secret) in [
        ("export PGPASSWORD='Tr0ub4dor!'", "Tr0ub4dor!"),
        ("PASSWORD=hunterhunter", "hunterhunter"),
        ("db_password = \"pa55Granite\"", "pa55Granite"),
        (
            "users:\n  token: pa55GraniteGtF1EFVrd\n",
            "pa55GraniteGtF1EFVrd",
        ),
        ("login -u ci --password pa55Granite9", "pa55Granite9"),
        ("--api-key=abcdef123456", "abcdef123456"),
        ("--set auth.password=QuietHarbor", "QuietHarbor"),
        ("ALTER USER app WITH PASSWORD 's3cret'", "s3cret"),
        ("machine h login me password s3cret9", "s3cret9"),
        ("<password>s3cret</password>", "s3cret"),
        ("{'password': 's3cret', 'x': 1", "s3cret"),
        ("{\\\"password\\\": \\\"s3cret\\\", ", "s3cret"),
        ("the password is hunter22.", "hunter22"),
        ("API key: a8f3kd93kd02", "a8f3kd93kd02"),
        ("os.environ[\"API_KEY\"] = \"a8f3kd93kd02\"", "a8f3kd93kd02"),
        ("curl -H 'Authorization: Bearer abcdef123' x", "abcdef123"),
        ("x-api-key: aUnc7k8KZgjf", "aUnc7k8KZgjf"),
        ("- name: DB_PASSWORD\n  value: s3cret9\n", "s3cret9"),
        (
            "<add key=\"ApiKey\" value=\"a8f3kd93kd02\"/>",
            "a8f3kd93kd02",
        ),
        ("Set-Cookie: session=59s7mx0qHi; Path=/", "59s7mx0qHi"),
        ("setenv(\"API_KEY\", \"a8f3kd93kd02\")", "a8f3kd93kd02"),
        ("user=a&password=s3cret&x=1", "s3cret"),
        ("https://h/x?access_token=a8f3kd93kd02#top", "a8f3kd93kd02"),
    ] {
        let out = redacted(text);
        assert!(!out.contains(secret), "{text} -> {out}");
        assert_eq!(redacted(&out), out, "{text}");
    }
}

#[test]
fn code_and_prose_stay() {
    for text in [
        "password = os.environ[\"DB_PASSWORD\"]",
        "token = tokens[i + 1]",
        "raise ValueError(\"password required\")",
        "const apiKey = process.env.STRIPE_KEY ?? '';",
        "headers: { Authorization: `Bearer ${token}` }",
        "DB_PASSWORD: ${DB_PASSWORD}",
        "API_KEY=<your-api-key>",
        "password: string;",
        "def login(user, password: str = None)",
        "connect(password=password, token=self.token)",
        "if token == \"abc123def456\":",
        "Enter your password: ",
        "secret/db-main Opaque 2",
        "max_tokens=4096 total_tokens: 123456",
        "token_count=12 password_policy: rotate",
        "var n=t.token||e.key",
        "the secret to good code is testing",
        "Token::new(kind1, span2)",
        "next_page_token: abcdef1234567",
        "authorization: the process of granting",
        "let token = parser.next_token();",
        "password=$PASSWORD token=$(cat x)",
    ] {
        assert_eq!(redacted(text), text);
    }
}

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
        ("user[name]=jo&user[password]=s3cretnow&x=1", "s3cretnow"),
        ("password = \"pa55Gran\" + \"iteGtF1\"", "iteGtF1"),
        ("[\"token\", \"a8f3kd93kd02\"]", "a8f3kd93kd02"),
        ("PASSWORD=hunterhunter", "hunterhunter"),
        ("password2024=hunterhunter", "hunterhunter"),
        ("DB_PASSWORD_20240131=hunterhunter", "hunterhunter"),
        ("conn str=a8f3kd93kd02", "a8f3kd93kd02"),
        ("connstr=a8f3kd93kd02", "a8f3kd93kd02"),
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
        ("let password: &str = \"Tr0ub4dor\";", "Tr0ub4dor"),
        ("var Token string = \"Tr0ub4dorJ\"", "Tr0ub4dorJ"),
        ("config[:api_key] = \"Tr0ub4dor\"", "Tr0ub4dor"),
        ("{ password: Some(\"Tr0ub4dor\"), n: 1 }", "Tr0ub4dor"),
        ("X(token=SecretStr('Tr0ub4dorJ'))", "Tr0ub4dorJ"),
        ("process.env.API_KEY || 'Tr0ub4dor'", "Tr0ub4dor"),
        ("page.getByLabel('Password').fill('Tr0ub4dor')", "Tr0ub4dor"),
        ("cy.get('[name=password]').type('Tr0ub4dor')", "Tr0ub4dor"),
        ("[\"password\"]=>\n  string(9) \"Tr0ub4dor\"", "Tr0ub4dor"),
        ("    [password] => Tr0ub4dor\n", "Tr0ub4dor"),
        ("<key>APIKey</key>\n<string>Tr0ub4dor</string>", "Tr0ub4dor"),
        ("name=\"password\"\r\n\r\nTr0ub4dor\r\n--b", "Tr0ub4dor"),
        ("{\"password\":\n  \"Tr0ub4dor\" ,}", "Tr0ub4dor"),
        (
            "IDENTIFIED WITH mysql_native_password BY 'Tr0ub4dor'",
            "Tr0ub4dor",
        ),
        ("SET PASSWORD FOR 'jo'@'%' = 'Tr0ub4dor'", "Tr0ub4dor"),
        (
            "INSERT INTO u (n, password) VALUES ('jo', 'Tr0ub4dor')",
            "Tr0ub4dor",
        ),
        ("PWD={Tr0ub4dorPQ};Mode=ro", "Tr0ub4dorPQ"),
        (
            "password: QuietHarborcMSCzdIpOkkP\n",
            "QuietHarborcMSCzdIpOkkP",
        ),
        ("Temporary password - Tr0ub4dor", "Tr0ub4dor"),
        (
            "Authorization: GenieKey 7f3a9c2e-11e8-49ea-ae3d-87fe7151f15a",
            "7f3a9c2e",
        ),
        (
            "git clone https://x-access-token:Tr0ub4dor@h/a.git",
            "Tr0ub4dor",
        ),
        ("auth=HTTPBasicAuth('jo', 'Tr0ub4dor')", "Tr0ub4dor"),
        (
            "<string name=\"api_secret\">Tr0ub4dor</string>",
            "Tr0ub4dor",
        ),
        (
            "<p Name=\"Password\"><Value>Tr0ub4dor</Value></p>",
            "Tr0ub4dor",
        ),
        (
            "<w:Password Type=\"text\">Tr0ub4dor</w:Password>",
            "Tr0ub4dor",
        ),
        (
            "<name>s3.secret.key</name>\n<value>Tr0ub4dor</value>",
            "Tr0ub4dor",
        ),
        ("<password>\n  Tr0ub4dor\n</password>", "Tr0ub4dor"),
        ("<ApiKey><![CDATA[Tr0ub4dor]]></ApiKey>", "Tr0ub4dor"),
        (
            "<meta name=\"csrf-token\" content=\"Tr0ub4dor\">",
            "Tr0ub4dor",
        ),
        (
            "variable \"db_password\" {\n  type = string\n  default = \"Tr0ub4dor\"\n}",
            "Tr0ub4dor",
        ),
        ("define('AUTH_KEY',         'Tr0ub4dor');", "Tr0ub4dor"),
        ("s:8:\"password\";s:9:\"Tr0ub4dor\";", "Tr0ub4dor"),
        ("uid: x\nuserPassword:: VHIwdWI0ZG9y\n", "VHIwdWI0ZG9y"),
        (
            "LINK l CONNECT TO a IDENTIFIED BY Tr0ub4dor USING 'x'",
            "Tr0ub4dor",
        ),
        ("set -gx PGPASSWORD QuietHarbor", "QuietHarbor"),
        (
            "HOME        /root\nPGPASSWORD              Tr0ub4dor\nA   b",
            "Tr0ub4dor",
        ),
        (
            "host=db user=app password=QuietHarbor sslmode=x",
            "QuietHarbor",
        ),
        (
            "--extra-vars \"db_password=QuietHarbor env=x\"",
            "QuietHarbor",
        ),
        (
            "-H 'X-Auth-Token: QuietHarborMossGranite'",
            "QuietHarborMossGranite",
        ),
        ("password for the test box: Tr0ub4dor (b1)", "Tr0ub4dor"),
        ("Das Passwort lautet Tr0ub4dor.", "Tr0ub4dor"),
        ("Пароль: Tr0ub4dor", "Tr0ub4dor"),
        ("密码是 Tr0ub4dor", "Tr0ub4dor"),
        ("Password:\nTr0ub4dorPQ\nok", "Tr0ub4dorPQ"),
        ("password -> Tr0ub4dor", "Tr0ub4dor"),
        (
            "\u{1b}[36mpassword\u{1b}[0m\u{1b}[90m=\u{1b}[0m\u{1b}[33mTr0ub4dor\u{1b}[0m",
            "Tr0ub4dor",
        ),
        ("p4ssw0rd=Tr0ub4dor", "Tr0ub4dor"),
        ("id,password\n7,Tr0ub4dor\n", "Tr0ub4dor"),
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
        "DialogToken: DOT11_DIALOG_TOKEN,",
        "['ACAccountCredential', 'ACAccountStore']"
            .replace("['", "['A', '")
            .as_str(),
        "SO_COOKIE: c_int = 57;",
        "a group identified by `ref` or 'name'",
        "with the --password options instead",
        "Set OPENAI_API_KEY=sk-... then run",
        "Version=8.0.0.4, PublicKeyToken=cc7b13ffcd2ddd51",
        "fetch(u, { credentials: 'include' })",
        "check_password (pw=0x7ffd12345678)",
        "api_key varchar(64) NOT NULL, api_key: varchar(64)",
        "let password: String = prompt(\"Password\");",
        "process.env.API_KEY || ''",
        "<label name=\"password\">Choose a password</label>",
        "<input type=\"password\" name=\"password\">\n<b>x1</b>",
        "<Password Type=\"text\"/> next",
        "{\"name\": \"get_token\", \"content\": \"rotated9\"}",
        "variable \"db_password\" {\n  type = string\n}",
        "password for user 12: denied",
        "user=4417 password=missing try=3",
        "fn secret() -> Token2 {",
        "secrets:\n  database2:\n    x: 1",
        "#define CKA_TRUST_AUTH           0xce536358UL",
        "Mot de passe est obligatoire",
        " Column | Type |\n--------+------+\n password | text2 |",
    ] {
        assert_eq!(redacted(text), text);
    }
}

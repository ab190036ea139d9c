use crate::json;
use crate::jsonb::Container;
use crate::redact::{Policy, Subject, redact};

fn policy() -> Policy {
    let document = json::parse(Policy::builtin("strict").unwrap()).unwrap();
    Policy::compile(Container::root(&document).unwrap()).unwrap()
}

/// The array with everything hidden, as an array and as JSON in a string.
fn hidden(array: &str) -> String {
    let policy = policy();
    let print = |text: &str| {
        let input = json::parse(text).unwrap();
        let changed = redact(&input, &policy, &Subject::default()).unwrap();
        let output = changed.map_or(input, |(output, _)| output);
        assert!(
            redact(&output, &policy, &Subject::default())
                .unwrap()
                .is_none(),
            "{text}"
        );
        json::print(&output).unwrap()
    };
    let outside = print(array);
    let quoted = format!("{:?}", array);
    let inside: String = serde_json::from_str(&print(&quoted)).unwrap();
    assert_eq!(print(&inside), outside, "{array}");
    outside
}

#[test]
fn secrets_behind_what_names_them_are_hidden() {
    for array in [
        r#"["tool","--password","hunter22","run-9"]"#,
        r#"["tool","-p","hunter2hunter99","run-9"]"#,
        r#"["tool","-u","deploy:hunter2hunter99","run-9"]"#,
        r#"["/usr/bin/sshpass","-p","hunter22","ssh","run-9"]"#,
        r#"["mysql","-uroot","-phunter22","run-9"]"#,
        r#"["curl","-u","deploy:hunter22","run-9"]"#,
        r#"["curl","-udeploy:hunter22","run-9"]"#,
        r#"["curl","--user=deploy:hunter22","run-9"]"#,
        r#"["curl","-b","sid=hunter22","run-9"]"#,
        r#"["docker","login","-u","ci","-p","hunter22","run-9"]"#,
        r#"["htpasswd","-b","run-9","bob","hunter22"]"#,
        r#"["vault","login","hunter22","run-9"]"#,
        r#"["X-Api-Key","hunter2hunter99","run-9"]"#,
        r#"["Authorization","Basic aHVudGVyMjpodW50ZXIyMg==","run-9"]"#,
        r#"[["password","hunter22"],["plan","run-9"]]"#,
        r#"["-----BEGIN RSA PRIVATE KEY-----","hunter22abc/","-----END RSA PRIVATE KEY-----","run-9"]"#,
    ] {
        let hidden = hidden(array);
        assert!(
            !hidden.contains("hunter") && !hidden.contains("aHVudGVy"),
            "{hidden}"
        );
        assert!(hidden.contains("run-9"), "{hidden}");
    }
}

#[test]
fn an_address_before_a_password_is_seen_too() {
    let hidden = hidden(r#"["curl","-u","jo@example.com:hunter22"]"#);
    assert!(
        !hidden.contains("example.com") && !hidden.contains("hunter"),
        "{hidden}"
    );
}

#[test]
fn other_arrays_stay() {
    for array in [
        r#"["mkdir", "-p", "src/app/v2024"]"#,
        r#"["docker", "run", "-p", "8080:80", "-u", "1000:1000", "img"]"#,
        r#"["cp", "-p", "Makefile.backup2", "x"]"#,
        r#"["ssh", "-p", "2222", "host"]"#,
        r#"["password", "email", "sha256_digest"]"#,
        r#"["api_key", "client_secret2"]"#,
        r#"["authorization", "content-type", "x-request-id"]"#,
        r#"["Cookie", "Accept"]"#,
        r#"["mysql", "-p", "orders"]"#,
        r#"["curl", "-u", "$CREDENTIALS", "-p", "x"]"#,
        r#"["vault", "login", "-method=oidc"]"#,
        r#"["-----BEGIN CERTIFICATE-----", "MIIabc123", "-----END CERTIFICATE-----"]"#,
    ] {
        assert_eq!(hidden(array), array);
    }
}

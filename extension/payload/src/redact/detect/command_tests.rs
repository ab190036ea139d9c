use super::super::commands::COMMANDS;
use super::*;

fn found(text: &str) -> Option<&str> {
    let mut hits = Hits::default();
    for command in COMMANDS {
        if let Some(at) = text.find(command.name) {
            find(
                &Input::new(text, ""),
                command,
                at,
                at + command.name.len(),
                &mut hits,
            );
        }
    }
    hits.iter().next().map(|h| &text[h.start..h.end])
}

#[test]
fn passwords_in_short_options() {
    for (text, password) in [
        ("curl -s -u deploy:Tr0ub4dor -T x https://h", "Tr0ub4dor"),
        ("curl -u 'a:b c' https://h", "b c"),
        ("sshpass -p w1nter ssh ops@h", "w1nter"),
        ("mysql -uroot -ps3cret db", "s3cret"),
        ("redis-cli -h x -a hunter2 ping", "hunter2"),
        ("docker login -u ci -p \"pa55\" r.example.com", "pa55"),
        ("htpasswd -bc .htpasswd bob s3cret", "s3cret"),
        ("curl -su admin:pa55 http://h", "pa55"),
        ("curl -b 'sid=abcd; theme=dark' h", "abcd"),
        ("7z x -pa55word a.7z", "a55word"),
        ("rabbitmqctl add_user app s3cret9", "s3cret9"),
        ("['curl', '-u', 'a:s3cret9', 'h']", "s3cret9"),
        ("argv = [\"mysql\", \"-ps3cret\", \"db\"]", "s3cret"),
        ("curl -udeploy:Tr0ub4dor https://h", "Tr0ub4dor"),
        ("docker login -u ci -p=pa55 r.example.com", "pa55"),
        ("gh secret set TOKEN -b\"pa55\"", "pa55"),
        ("http -a jo:pa55 GET https://h", "pa55"),
        ("lftp -u jo,pa55 h", "pa55"),
        ("ConvertTo-SecureString 's3cret9' -AsPlainText", "s3cret9"),
        ("mc alias set s3 https://h KEY s3cret9", "s3cret9"),
        ("poetry publish -u ci -p s3cret9", "s3cret9"),
        ("xfreerdp /u:jo /p:s3cret9 /v:h", "s3cret9"),
        ("sonar-scanner -Dsonar.login=s3cret9 -X", "s3cret9"),
        ("--type SecureString --value s3cret9", "s3cret9"),
        (
            "az keyvault secret set --name db --value s3cret9",
            "s3cret9",
        ),
        ("htpasswd -nbB admin QuietHarborMoss", "QuietHarborMoss"),
        ("isql -U sa -P s3cret9 -S db", "s3cret9"),
    ] {
        assert_eq!(found(text), Some(password), "{text}");
    }
}

#[test]
fn other_options_stay() {
    for text in [
        "curl -s https://h",
        "curl -u \"$USER:$PW\" h",
        "mysql -p db",
        "docker run -p 80:80 x",
        "sshpass -p $PW ssh h",
        "curl -u user h; foo -u a:b",
        "http -a GET https://h/x",
        "ConvertTo-SecureString $plain -AsPlainText",
        "mysql -u root -p",
        "tools = ['curl', 'wget'], flags = ['-u', 'a:b']",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}

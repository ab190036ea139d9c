//! Fake secrets, and the search for them in the tables.

use sqlx::Row;
use tests::Session;

/// Fake secrets, each used in one place only, so that a leak names its path. All carry one mark,
/// and are put together here so that no scanner takes this file for a leak.
pub struct Fakes {
    pub mark: String,
    pub made: Vec<(String, String)>,
}

impl Fakes {
    pub fn new() -> Fakes {
        let time = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("a clock");
        // Letters and digits mixed, as in real tokens.
        Fakes {
            mark: format!("qZ{:x}{:x}", time.as_nanos() as u64, std::process::id()),
            made: Vec::new(),
        }
    }

    /// A token that the vendor-token detector knows.
    pub fn token(&mut self, place: &str) -> String {
        let number = self.made.len();
        let body = format!("{}K{number:03}aB7cD9eF1gH3jK5mN7pQ9", self.mark);
        let secret = format!("{}{}", ["gh", "p_"].concat(), &body[..36]);
        self.made
            .push((place.to_owned(), body[..body.len().min(24)].to_owned()));
        secret
    }

    /// What only its member's name gives away.
    pub fn password(&mut self, place: &str) -> String {
        let secret = format!("{}P{:03}", self.mark, self.made.len());
        self.made.push((place.to_owned(), secret.clone()));
        secret
    }

    /// Which places a text gives away.
    pub fn leaks<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let places = self
            .made
            .iter()
            .filter(|(_, secret)| text.contains(secret.as_str()));
        places.map(|(place, _)| place.as_str())
    }
}

/// Every text, jsonb, bytea and name column of every table, as text.
pub async fn scan(dba: &mut Session, fakes: &Fakes) -> Vec<String> {
    let columns = dba
        .rows(
            "select c.relname::text, a.attname::text, a.atttypid::regtype::text
             from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'transcript'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped",
        )
        .await;
    assert!(columns.len() > 200, "{} columns", columns.len());
    let mut leaks = Vec::new();
    for column in columns {
        let (table, name, kind): (String, String, String) =
            (column.get(0), column.get(1), column.get(2));
        let value = if kind == "bytea" {
            format!("encode({name}, 'escape')")
        } else {
            format!("{name}::text")
        };
        let found = dba
            .rows(&format!(
                "select {value} from transcript.{table} where {value} like '%{}%'",
                fakes.mark
            ))
            .await;
        for row in found {
            let text: String = row.get(0);
            let places: Vec<_> = fakes.leaks(&text).collect();
            leaks.push(format!("{table}.{name}: planted as {places:?}"));
        }
    }
    leaks
}

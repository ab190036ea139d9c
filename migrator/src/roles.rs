//! Reads from SQL files which roles they make and which they use.

use crate::lexer::{self, Kind};

/// How the names of all our roles begin.
const ROLE_PREFIX: &str = "transcript_";

/// What the pending files need of roles. It looks into quoted bodies too, because CREATE ROLE has no
/// IF NOT EXISTS and so stands in a DO block.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Roles that exist once the files are applied.
    pub roles: Vec<String>,
    /// (role, member), as granted between those.
    pub memberships: Vec<(String, String)>,
    /// Roles that the migrating role must be able to become.
    pub acted_as: Vec<String>,
}

impl Wanted {
    /// Adds what one file needs.
    pub fn collect(&mut self, sql: &str) {
        let mut words = Vec::new();
        words_within(sql, &mut words);
        let is = |at: usize, word: &str| {
            words
                .get(at)
                .is_some_and(|found: &String| found.eq_ignore_ascii_case(word))
        };
        let starts = |at: usize, phrase: [&str; 2]| is(at, phrase[0]) && is(at + 1, phrase[1]);
        let role = |at: usize| {
            words
                .get(at)
                .filter(|word| word.starts_with(ROLE_PREFIX))
                .cloned()
        };

        // Elsewhere a grant may well be the text of a hint.
        if (0..words.len()).any(|at| starts(at, ["create", "role"])) {
            for at in 0..words.len() {
                if let Some(name) = role(at) {
                    add(&mut self.roles, name);
                }
                let (Some(granted), true) = (role(at + 1), is(at, "grant") && is(at + 2, "to"))
                else {
                    continue;
                };
                match role(at + 3) {
                    Some(member) => add(&mut self.memberships, (granted, member)),
                    // To a role only known at run time: the one that migrates.
                    None => add(&mut self.acted_as, granted),
                }
            }
        }
        for at in 0..words.len() {
            let becomes = starts(at, ["set", "role"]) || starts(at, ["local", "role"]);
            if let (true, Some(name)) = (becomes || starts(at, ["owner", "to"]), role(at + 2)) {
                add(&mut self.acted_as, name);
            }
        }
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, entry: T) {
    if !list.contains(&entry) {
        list.push(entry);
    }
}

/// The words of a text and of the quoted texts within it, in order.
fn words_within(sql: &str, words: &mut Vec<String>) {
    for token in lexer::tokens(sql) {
        match token.kind {
            Kind::Word => words.push(token.text.to_lowercase()),
            Kind::Literal => {
                let quoted = token.text.trim_start_matches(['e', 'E']);
                if let Some(inner) = unquoted(quoted) {
                    words_within(inner, words);
                }
            }
            _ => {}
        }
    }
}

/// The inside of a quoted text.
fn unquoted(literal: &str) -> Option<&str> {
    let delimiter = match literal.strip_prefix('$') {
        Some(rest) => &literal[..rest.find('$')? + 2],
        None => "'",
    };
    literal.strip_prefix(delimiter)?.strip_suffix(delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_found_in_do_blocks() {
        let mut wanted = Wanted::default();
        wanted.collect(
            "do $$ begin
               foreach r in array array['transcript_owner', 'transcript_reader'] loop
                 execute format('create role %I nologin', r);
               end loop;
               grant transcript_reader to transcript_service;
               execute format('grant transcript_owner to %I', current_user);
             end $$;
             -- set role transcript_not_this",
        );
        wanted.collect("set local role transcript_purger; select 'transcript_nobody'");
        wanted
            .collect("do $$ begin raise 'x' using hint = 'GRANT transcript_x TO the job'; end $$");
        let names = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            wanted.roles,
            names(&[
                "transcript_owner",
                "transcript_reader",
                "transcript_service"
            ])
        );
        let pair = (
            "transcript_reader".to_owned(),
            "transcript_service".to_owned(),
        );
        assert_eq!(wanted.memberships, [pair]);
        assert_eq!(
            wanted.acted_as,
            names(&["transcript_owner", "transcript_purger"])
        );
    }
}

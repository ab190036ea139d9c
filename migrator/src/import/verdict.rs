//! Reads what the server says of a batch.

use crate::refusal::Refusal;

use super::store::Verdict;
use super::totals::Counts;

/// Whether a refusal is about this line, so that the next may fare better.
pub fn blames_the_line(refusal: &Refusal) -> bool {
    let Some(code) = refusal.code.as_deref() else {
        return false;
    };
    // No rights, no such function, table or schema: nothing will be stored in this database.
    let nothing_works = [
        "42501", "42883", "42P01", "3F000", "53100", "57014", "25006",
    ];
    !(nothing_works.contains(&code) || refusal.is_disconnect() || refusal.is_contention())
}

/// Counts the verdicts, or says how they fail to cover the items.
pub fn tally(sent: usize, verdicts: &[Verdict]) -> Result<Counts, String> {
    let mut counts = Counts {
        attempted: sent as u64,
        ..Counts::default()
    };
    for verdict in verdicts {
        match verdict.status.as_str() {
            "stored" => counts.stored += 1,
            "duplicate" => counts.duplicate += 1,
            "merged" => counts.merged += 1,
            "conflict" => counts.conflict += 1,
            "rejected" => counts.rejected += 1,
            other => return Err(format!("a verdict says {other:?}")),
        }
    }
    if counts.adds_up() {
        Ok(counts)
    } else {
        Err(format!("{} verdicts came", verdicts.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(statuses: &[&str]) -> Vec<Verdict> {
        let verdict = |status: &&str| Verdict {
            index: 0,
            status: (*status).to_owned(),
            reason: None,
        };
        statuses.iter().map(verdict).collect()
    }

    #[test]
    fn verdicts_must_cover_the_items() {
        let counts = tally(4, &verdicts(&["stored", "conflict", "stored", "merged"])).unwrap();
        assert_eq!(
            (
                counts.attempted,
                counts.stored,
                counts.conflict,
                counts.merged
            ),
            (4, 2, 1, 1)
        );
        assert_eq!(
            tally(2, &verdicts(&["stored"])).unwrap_err(),
            "1 verdicts came"
        );
        assert_eq!(
            tally(1, &verdicts(&["lost"])).unwrap_err(),
            "a verdict says \"lost\""
        );
    }

    #[test]
    fn only_some_refusals_are_the_line_s_fault() {
        let refused = |code: &str| Refusal {
            code: Some(code.into()),
            ..Refusal::ours("no".into())
        };
        assert!(blames_the_line(&refused("22023")));
        assert!(blames_the_line(&refused("P0001")));
        for code in ["42501", "42883", "40001", "57P01", "08006"] {
            assert!(!blames_the_line(&refused(code)), "{code}");
        }
        assert!(!blames_the_line(&Refusal::ours("decoding failed".into())));
    }
}

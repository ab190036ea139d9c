//! What may be sent again, as runbook/clients.md has it.

use tests::Database;

#[tokio::test]
async fn a_batch_is_given_up_only_where_it_is_at_fault_itself() {
    let db = Database::migrated().await;
    let mut app = db.app("acme").await;
    let others = [
        "", "08006", "08P01", "25006", "25P03", "25P04", "26000", "28P01", "3D000", "3F000",
        "40001", "40003", "40P01", "42501", "42883", "42P01", "42P05", "53100", "53300", "55P03",
        "57014", "57P01", "57P02", "57P03", "57P05", "58030", "TR005", "TR030", "TR031", "TR032",
    ];
    let its_own = [
        "22021", "22P02", "22P05", "23505", "40002", "42601", "54000", "57P04", "TR001", "TR008",
        "TR010", "TR011", "TR040",
    ];
    for (codes, wanted) in [(&others[..], "true"), (&its_own[..], "false")] {
        for code in codes {
            let said = app.text(&format!("transcript.can_retry('{code}')")).await;
            assert_eq!(said, wanted, "{code}");
        }
    }
    assert_eq!(app.text("transcript.can_retry(null)").await, "true");
}

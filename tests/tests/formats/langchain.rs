use crate::projected::tally;

#[test]
fn probe_it() {
    let Some(t) = tally("langchain-messages", "langchain-messages") else {
        return;
    };
    eprintln!("langchain-messages {t:#?}");
}

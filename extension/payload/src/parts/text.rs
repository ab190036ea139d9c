//! The input of a model call inside the text of a request: a recorder may keep the body as it was sent.
//!
//! Read and written anew the text would have other bytes, so it is cut, not read: what is before the
//! items, each item with the comma before it, and what is behind them.

use super::share::INPUTS;
use crate::json::{Token, Tokens};

/// The pieces of a body's text; together they are the text. `None` where it has no list of items.
pub fn pieces(text: &str) -> Option<Vec<&str>> {
    let mut tokens = Tokens::new(text);
    let mut cuts = Vec::new();
    let mut named = false;
    let mut within = false;
    if tokens.next()? != Ok(Token::ObjectStart) {
        return None;
    }
    while let Some(token) = tokens.next() {
        // A body that is not JSON to its end may mean anything.
        let token = token.ok()?;
        let depth = tokens.depth();
        match token {
            Token::Key(name) if depth == 1 => {
                let name = text.get(name.start..name.end)?;
                named = cuts.is_empty() && INPUTS.contains(&name);
            }
            Token::ArrayStart if depth == 2 && named => {
                within = true;
                cuts.push(tokens.offset());
            }
            Token::ArrayEnd if depth == 1 => within = false,
            Token::ArrayStart | Token::ObjectStart | Token::Key(_) => {}
            // An item ends here.
            _ if within && depth == 2 => cuts.push(tokens.offset()),
            _ => {}
        }
    }
    if cuts.len() < 2 {
        return None;
    }
    cuts.push(text.len());
    let mut start = 0;
    cuts.into_iter()
        .map(|end| {
            let piece = text.get(start..end);
            start = end;
            piece
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_cut_with_the_comma_before_them() {
        let body = r#" {"model":"m", "messages" : [ {"a":[1,"]"]} , "x",7,[[]] ] ,"input":[1]} "#;
        let pieces = pieces(body).unwrap();
        assert_eq!(
            pieces,
            [
                r#" {"model":"m", "messages" : ["#,
                r#" {"a":[1,"]"]}"#,
                r#" , "x""#,
                ",7",
                ",[[]]",
                r#" ] ,"input":[1]} "#,
            ]
        );
        assert_eq!(pieces.concat(), body);
    }

    #[test]
    fn a_longer_body_begins_with_the_pieces_of_the_shorter() {
        let short = pieces(r#"{"messages":["a", "b"],"n":1}"#).unwrap();
        let long = pieces(r#"{"messages":["a", "b", "c"],"n":1}"#).unwrap();
        assert_eq!(long[..3], short[..3]);
        assert_eq!(long.last(), short.last());
    }

    #[test]
    fn other_text_has_no_pieces() {
        for text in [
            "",
            "data: {}",
            "[]",
            "{}",
            r#"{"messages":[]}"#,
            r#"{"messages":"x"}"#,
            r#"{"x":{"messages":[1,2]}}"#,
            r#"{"messages":[1,2]"#,
            r#"{"messages":[1,2]} x"#,
        ] {
            assert_eq!(pieces(text), None, "{text}");
        }
    }
}

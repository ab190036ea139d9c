//! Texts that the server refuses: some are JSON, the others are kept as text.

/// Texts that are JSON, that the server refuses and `parse` takes, and how it prints them.
pub fn more_than_the_server_takes() -> Vec<(String, String)> {
    let same = |text: &str, printed: &str| (text.to_owned(), printed.to_owned());
    vec![
        same(r#""\u0000""#, r#""⟦u0000⟧""#),
        same(r#"{"\u0000":"a\u0000b"}"#, r#"{"⟦u0000⟧": "a⟦u0000⟧b"}"#),
        same(r#""\ud83d""#, r#""⟦ud83d⟧""#),
        same(r#""\ude00\ud83d""#, r#""⟦ude00⟧⟦ud83d⟧""#),
        same(r#""\ud83d\ud83d\ude00""#, r#""⟦ud83d⟧😀""#),
        same(r#""\uD83Dx\u0041""#, r#""⟦ud83d⟧xA""#),
        same(r#"["\udfff\\u0000"]"#, r#"["⟦udfff⟧\\u0000"]"#),
    ]
}

/// Numbers beyond numeric, which the server refuses: their spelling is kept as a mark.
pub fn numbers_beyond_numeric() -> Vec<(String, String)> {
    let long = format!("1{}", "0".repeat(140_000));
    let quoted = |text: &str| (text.to_owned(), format!("\"⟦n{text}⟧\""));
    vec![
        quoted("1e131072"),
        quoted("-1E+999999"),
        quoted("1e-99999"),
        quoted(&long),
        (
            r#"{"n":[1e2147483648,1]}"#.into(),
            r#"{"n": ["⟦n1e2147483648⟧", 1]}"#.into(),
        ),
    ]
}

pub const NOT_JSON: &[&str] = &[
    "",
    " ",
    "{",
    "[",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1][2]",
    "1 2",
    "{}{}",
    "01",
    "-01",
    "1.",
    ".5",
    "+1",
    "-",
    "--1",
    "1e",
    "1e+",
    "0x10",
    "nul",
    "nulll",
    "True",
    "NaN",
    "Infinity",
    "'a'",
    "\"a",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\n\"",
    "\"\u{1}\"",
    "\"\t\"",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{1:1}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "]",
    "}",
    "[}",
    "/*c*/1",
    "1//c",
    "\u{a0}1",
    "\"\\\"",
    "tru e",
    "[1]]",
    "\u{0c}1",
    "\"a\"b",
    "- 1",
    "1 e5",
    "\"\\ud83d\\u12\"",
];

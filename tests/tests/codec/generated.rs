//! Texts thrown together by a fixed generator: shapes that nobody thought of.

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn digits(&mut self, most: usize) -> String {
        let count = 1 + self.below(most);
        (0..count)
            .map(|_| char::from(b'0' + self.below(10) as u8))
            .collect()
    }

    /// Every shape of number: zeros in front, behind and in the middle, all scales, exponents.
    fn number(&mut self) -> String {
        let most = [3, 9, 40, 400][self.below(4)];
        let whole = self.digits(most);
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            significant => significant,
        };
        let mut text = format!("{}{whole}", self.one(&["", "-"]));
        if self.below(2) == 0 {
            let zeros = "0".repeat(self.below(9));
            text += &format!(
                ".{zeros}{}{}",
                self.digits(most),
                self.one(&["", "0", "0000"])
            );
        }
        if self.below(3) == 0 {
            let most = [1, 1, 2, 3][self.below(4)];
            text += self.one(&["e", "E", "e+", "E-", "e-"]);
            text += &self.digits(most);
        }
        text
    }

    /// What stands between quotes.
    fn string(&mut self) -> String {
        const PIECES: &[&str] = &[
            "a",
            "key",
            " ",
            "é",
            "ß",
            "日本",
            "😀",
            "\u{301}",
            "\u{ffff}",
            "\u{10ffff}",
            "\u{80}",
            "\\n",
            "\\t",
            "\\\\",
            "\\\"",
            "\\/",
            "\\b",
            "\\u0001",
            "\\u001f",
            "\\u007f",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\u27e6",
            "⟦",
            "⟧",
            "⟦u",
            "⟦n1⟧",
            "⟦u0024⟧",
            "$unparsed",
            "$capped",
            "[redacted:email:17]",
            "ada@example.com",
            "password: hunter2hunter2",
            "4111111111111111",
            "0123456789abcdef",
            "{",
            "[",
            ":",
            ",",
            "\\u0041",
        ];
        (0..self.below(9))
            .map(|_| PIECES[self.below(PIECES.len())])
            .collect()
    }

    fn space(&mut self) -> &'static str {
        self.one(&["", "", "", " ", "\n", "\t \r"])
    }

    fn value(&mut self, depth: usize) -> String {
        let (before, after) = (self.space(), self.space());
        let count = [0, 1, 2, 5, 35][self.below(5)].min(70 >> (2 * depth).min(8));
        let text = match self.below(if depth < 6 { 8 } else { 5 }) {
            0 => self.one(&["null", "true", "false"]).to_owned(),
            1 | 2 => self.number(),
            3 | 4 => format!("\"{}\"", self.string()),
            5 => {
                let items: Vec<String> = (0..count).map(|_| self.value(depth + 1)).collect();
                format!("[{}]", items.join(","))
            }
            _ => {
                let pairs: Vec<String> = (0..count)
                    .map(|_| {
                        format!(
                            "\"{}\"{}:{}",
                            self.string(),
                            self.space(),
                            self.value(depth + 1)
                        )
                    })
                    .collect();
                format!("{{{}}}", pairs.join(","))
            }
        };
        format!("{before}{text}{after}")
    }
}

/// JSON texts, the same in every run.
pub fn generated_texts() -> Vec<String> {
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    (0..3000).map(|_| random.value(0)).collect()
}

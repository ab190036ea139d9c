//! Names read from their end: a walk stops where no name goes on.

use super::keys::Class;

/// What a name that ends here says.
#[derive(Clone, Copy, Default)]
struct Verdict {
    class: Option<Class>,
    allowed: bool,
}

#[derive(Default)]
struct Node {
    /// Which symbols lead on, as bits; their nodes follow each other from `first` on.
    symbols: u64,
    first: u32,
    verdict: Option<Verdict>,
}

pub(super) struct Trie {
    nodes: Vec<Node>,
}

/// Letters and digits are one symbol each, bytes beyond ASCII two.
#[inline]
fn symbols(letter: u8) -> (u32, Option<u32>) {
    let letter32 = u32::from(letter);
    match letter {
        b'a'..=b'z' => (letter32 - u32::from(b'a'), None),
        b'0'..=b'9' => (letter32 - u32::from(b'0') + 26, None),
        _ => (36 + (letter32 >> 4 & 7), Some(44 + (letter32 & 15))),
    }
}

/// A name on its way into the trie: its symbols from the last to the first.
struct Spelled {
    symbols: Vec<u32>,
    verdict: Verdict,
}

impl Trie {
    /// Names in lower case, letters only, each with its class or, without one, allowed.
    pub fn new(names: Vec<(Vec<u8>, Option<Class>)>) -> Self {
        let mut spelled: Vec<Spelled> = Vec::new();
        for (letters, class) in names.into_iter().filter(|(letters, _)| !letters.is_empty()) {
            let mut all = Vec::new();
            for letter in letters.iter().rev() {
                let (first, second) = symbols(*letter);
                all.push(first);
                all.extend(second);
            }
            spelled.push(Spelled {
                symbols: all,
                verdict: Verdict {
                    class,
                    allowed: class.is_none(),
                },
            });
        }
        spelled.sort_by(|a, b| a.symbols.cmp(&b.symbols));
        spelled.dedup_by(|next, kept| {
            let same = next.symbols == kept.symbols;
            if same {
                kept.verdict.class = kept.verdict.class.or(next.verdict.class);
                kept.verdict.allowed |= next.verdict.allowed;
            }
            same
        });
        let mut trie = Trie {
            nodes: vec![Node::default()],
        };
        trie.fill(&spelled);
        trie
    }

    /// Level by level, so that the nodes that one node leads to lie side by side.
    fn fill(&mut self, spelled: &[Spelled]) {
        let mut open = vec![(0usize, 0usize, spelled)];
        while !open.is_empty() {
            let mut next = Vec::new();
            for (node, depth, mut names) in open {
                if let Some((first, rest)) = names.split_first()
                    && first.symbols.len() == depth
                {
                    self.nodes[node].verdict = Some(first.verdict);
                    names = rest;
                }
                self.nodes[node].first = self.nodes.len() as u32;
                for group in names.chunk_by(|a, b| a.symbols[depth] == b.symbols[depth]) {
                    self.nodes[node].symbols |= 1 << group[0].symbols[depth];
                    next.push((self.nodes.len(), depth + 1, group));
                    self.nodes.push(Node::default());
                }
            }
            open = next;
        }
    }

    #[inline]
    fn step(&self, node: usize, symbol: u32) -> Option<usize> {
        let Node { symbols, first, .. } = self.nodes[node];
        let below = symbols & ((1 << symbol) - 1);
        (symbols >> symbol & 1 == 1).then(|| first as usize + below.count_ones() as usize)
    }

    /// What the names say that `letters` end in, the shortest first, each with its length. They come from the last to the
    /// first, each with what says whether a name may begin with it.
    #[inline]
    fn ends(
        &self,
        mut letters: impl Iterator<Item = (u8, impl Fn() -> bool)>,
    ) -> impl Iterator<Item = (usize, Verdict)> {
        let (mut node, mut length) = (0, 0);
        std::iter::from_fn(move || {
            loop {
                let (letter, starts) = letters.next()?;
                let (first, second) = symbols(letter);
                node = self.step(node, first)?;
                if let Some(second) = second {
                    node = self.step(node, second)?;
                }
                length += 1;
                if let Some(verdict) = self.nodes[node].verdict
                    && starts()
                {
                    return Some((length, verdict));
                }
            }
        })
    }

    /// Whether the letters end in any name, allowed or not.
    #[inline]
    pub fn has_end(&self, letters: impl Iterator<Item = (u8, impl Fn() -> bool)>) -> bool {
        self.ends(letters)
            .any(|(_, verdict)| verdict.class.is_some())
    }

    /// The longest name that the letters end in: its length and its class.
    pub fn rule(
        &self,
        letters: impl Iterator<Item = (u8, impl Fn() -> bool)>,
    ) -> Option<(usize, Class)> {
        let (length, verdict) = self.ends(letters).last()?;
        // Of the same length the permission wins.
        let class = verdict.class.filter(|_| !verdict.allowed)?;
        Some((length, class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(trie: &Trie, name: &str) -> Option<Class> {
        let letters = name.bytes().rev().map(|letter| (letter, || true));
        trie.rule(letters).map(|(_, class)| class)
    }

    #[test]
    fn the_longest_name_decides() {
        let names = [
            ("token", Some(Class::Token)),
            ("pagetoken", None),
            ("nextpagetoken", Some(Class::Secret)),
            ("пароль", Some(Class::Secret)),
            ("pw", Some(Class::Opaque)),
            ("pw", None),
        ];
        let trie = Trie::new(
            names
                .map(|(name, class)| (name.as_bytes().to_vec(), class))
                .to_vec(),
        );
        for (name, expected) in [
            ("token", Some(Class::Token)),
            ("mytoken", Some(Class::Token)),
            ("pagetoken", None),
            ("nextpagetoken", Some(Class::Secret)),
            ("пароль", Some(Class::Secret)),
            ("апароль", Some(Class::Secret)),
            ("паролъ", None),
            ("pw", None),
            ("oken", None),
            ("", None),
        ] {
            assert_eq!(class(&trie, name), expected, "{name}");
        }
    }
}

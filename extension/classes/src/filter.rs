//! Many literals at once, told by what stands at the places around their ends: for each place and
//! symbol one bit per bucket of literals, ANDed. What passes may be one of them; what does not is none.

use crate::symbols::{Symbols, symbol};

/// Bytes that are looked at: the one behind the end, and those before it, the last one first.
pub const PLACES: usize = 9;
/// Places of what is told by its start: three bytes, the last one first, and the one before them.
pub const START_PLACES: usize = 4;
/// Buckets are looked up eight at a time.
pub(crate) const SETS: usize = 6;
const BUCKETS: usize = 8 * SETS;
/// Those of the starts; the other ones are of ends.
const START_BUCKETS: usize = 8;
pub(crate) const STARTS: u64 = !0 << (BUCKETS - START_BUCKETS);

/// What may stand at each place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape(pub [Symbols; PLACES]);

impl Shape {
    pub const ANY: Shape = Shape([Symbols::ALL; PLACES]);

    fn or(&self, other: &Shape) -> Shape {
        Shape(std::array::from_fn(|place| {
            self.0[place].or(other.0[place])
        }))
    }

    /// How much of ordinary text passes, as if its bytes did not know of each other but in the words
    /// that it is full of.
    fn weight(&self) -> f32 {
        let place = |place: usize| weight(self.0[place], place.min(2));
        let from = |first: usize| (first..PLACES).map(place).product::<f32>();
        let words = WORDS.iter().filter(|word| self.ends(word.as_bytes()));
        let words: f32 = words.map(|word| WORD_OFTEN * from(word.len() + 2)).sum();
        place(0) * (from(1) + words)
    }

    /// Whether a word of its own may stand at the end.
    fn ends(&self, word: &[u8]) -> bool {
        let mut places = self.0[1..].iter();
        let letters = word.iter().rev().zip(&mut places);
        { letters }.all(|(letter, symbols)| symbols.has(symbol(*letter)))
            && places
                .next()
                .is_none_or(|symbols| symbols.meets(Symbols::SEPARATORS))
    }
}

/// What text of agents is full of, and ends as names and literals do; each is about one word in 300.
const WORDS: [&str; 24] = [
    "string", "session", "user", "code", "metadata", "set", "hash", "create", "data", "no",
    "function", "test", "token", "number", "config", "use", "at", "value", "text", "name", "type",
    "error", "result", "context",
];
const WORD_OFTEN: f32 = 0.003;

/// How often each symbol is met behind a word, as its last letter and before that, of a thousand
/// places in the recorded transcripts: others, letters, digits, the signs in their order.
const OFTEN: [[u16; 64]; 3] = [
    [
        58, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2,
        1, 1, 1, 1, 1, 1, 1, 494, 30, 25, 1, 57, 80, 33, 3, 1, 1, 1, 3, 37, 2, 1, 5, 34, 2, 2, 33,
        6, 41, 2, 1, 3, 0, 34,
    ],
    [
        0, 16, 5, 12, 90, 148, 27, 35, 29, 18, 1, 13, 34, 10, 71, 39, 9, 1, 60, 103, 133, 4, 8, 11,
        5, 34, 1, 12, 11, 11, 8, 7, 8, 7, 7, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ],
    [
        25, 54, 9, 28, 20, 88, 18, 19, 21, 76, 2, 7, 32, 23, 60, 61, 20, 1, 54, 51, 79, 25, 6, 6,
        2, 5, 1, 10, 6, 5, 3, 3, 3, 2, 2, 2, 2, 106, 3, 5, 1, 9, 8, 5, 4, 1, 1, 1, 1, 5, 1, 1, 1,
        3, 1, 1, 5, 2, 6, 1, 1, 3, 0, 3,
    ],
];

/// The same of all sets of eight symbols that follow each other.
static OFTEN_OF_EIGHT: [[[u16; 256]; 8]; 3] = {
    let mut sums = [[[0; 256]; 8]; 3];
    let mut at = 0;
    while at < 3 * 8 * 256 {
        let (place, eight, set) = (at / 2048, at / 256 % 8, at % 256);
        if set > 0 {
            let last = (set as u32).trailing_zeros() as usize;
            let without = sums[place][eight][set & (set - 1)];
            sums[place][eight][set] = without + OFTEN[place][eight * 8 + last];
        }
        at += 1;
    }
    sums
};

fn weight(symbols: Symbols, place: usize) -> f32 {
    if symbols == Symbols::ALL {
        return 1.0;
    }
    let eights = symbols.0.to_le_bytes().into_iter();
    let sums = eights.zip(&OFTEN_OF_EIGHT[place]);
    let sum: u16 = sums.map(|(set, sums)| sums[usize::from(set)]).sum();
    f32::from(sum) / 1050.0
}

/// The literals of a policy, ready to be looked for.
pub struct Filter {
    /// By place and symbol: the buckets in which the symbol may stand there.
    pub(crate) buckets: [[u64; 64]; PLACES],
    /// The same, eight buckets at a time.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub(crate) tables: [[[u8; 64]; PLACES]; SETS],
}

impl Filter {
    /// `ends` are told by all places, `starts` by the first [`START_PLACES`].
    pub fn new(ends: Vec<Shape>, starts: Vec<Shape>) -> Self {
        let mut filter = Filter {
            buckets: [[0; 64]; PLACES],
            tables: [[[0; 64]; PLACES]; SETS],
        };
        let ends = grouped(ends, BUCKETS - START_BUCKETS);
        let starts = grouped(starts, START_BUCKETS);
        let numbered = (0..).zip(&ends);
        let behind = (BUCKETS - START_BUCKETS..).zip(&starts);
        for (bucket, shape) in numbered.chain(behind) {
            for (place, symbols) in shape.0.iter().enumerate() {
                for symbol in 0..64 {
                    let bit = u64::from(symbols.has(symbol)) << bucket;
                    filter.buckets[place][symbol] |= bit;
                    filter.tables[bucket / 8][place][symbol] |= (bit >> (bucket / 8 * 8)) as u8;
                }
            }
        }
        filter
    }
}

/// Last bytes that are put together without a question.
const ALIKE: usize = 4;
/// Above this many, only neighbours are compared with each other.
const COMPARED_MAX: usize = 128;

/// At most so many shapes, of which one holds whatever one of the given holds. What has its last bytes
/// in common is put together first, then what lets the least more pass.
fn grouped(mut shapes: Vec<Shape>, most: usize) -> Vec<Shape> {
    let key = |shape: &Shape| [1, 2, 3, 4, 5, 6, 0].map(|place| shape.0[place]);
    shapes.sort_by_key(key);
    let alike = shapes.chunk_by(|a, b| key(a)[..ALIKE] == key(b)[..ALIKE]);
    let mut groups: Vec<Group> = alike
        .map(|group| Group::new(group[1..].iter().fold(group[0], |all, one| all.or(one))))
        .collect();
    join(&mut groups, COMPARED_MAX.max(most), 1);
    join(&mut groups, most, COMPARED_MAX);
    groups.into_iter().map(|group| group.shape).collect()
}

struct Group {
    shape: Shape,
    weight: f32,
    /// The one behind it that it is best joined with, and what more would pass then.
    best: (f32, usize),
}

impl Group {
    fn new(shape: Shape) -> Self {
        Group {
            shape,
            weight: shape.weight(),
            best: (f32::INFINITY, 0),
        }
    }
}

/// Joins groups until so many are left, each with one of the next `reach` behind it.
fn join(groups: &mut Vec<Group>, most: usize, reach: usize) {
    let best = |groups: &[Group], at: usize| {
        let behind = groups.iter().enumerate().skip(at + 1).take(reach);
        let more = behind.map(|(other, group)| {
            let both = groups[at].shape.or(&group.shape).weight();
            (both - groups[at].weight - group.weight, other)
        });
        more.min_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or((f32::INFINITY, 0))
    };
    for at in 0..groups.len() {
        groups[at].best = best(groups, at);
    }
    while groups.len() > most {
        let all =
            (0..groups.len() - 1).min_by(|a, b| groups[*a].best.0.total_cmp(&groups[*b].best.0));
        let Some(at) = all else { return };
        let other = groups[at].best.1;
        let gone = groups.remove(other);
        groups[at] = Group::new(groups[at].shape.or(&gone.shape));
        for group in 0..groups.len() {
            let partner = &mut groups[group].best.1;
            let lost = group == at || *partner == other || *partner == at;
            *partner -= usize::from(*partner > other);
            if lost {
                groups[group].best = best(groups, group);
            }
        }
    }
}

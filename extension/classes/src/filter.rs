//! Many literals at once, told by what stands at the places around their ends: for each place and
//! symbol one bit per bucket of literals, ANDed. What passes may be one of them; what does not is none.

use crate::symbols::Symbols;

/// Bytes that are looked at: the one behind the end, and those before it, the last one first.
pub const PLACES: usize = 9;
/// Places of what is told by its start: three bytes, the last one first, and the one before them.
pub const START_PLACES: usize = 4;
/// Buckets are looked up eight at a time.
pub(crate) const SETS: usize = 4;
const BUCKETS: usize = 8 * SETS;
/// Those of the starts; the other ones are of ends.
const START_BUCKETS: usize = 8;
pub(crate) const STARTS: u32 = !0 << (BUCKETS - START_BUCKETS);

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

    /// How much of ordinary text passes.
    fn weight(&self) -> f32 {
        self.0.iter().map(|symbols| weight(*symbols)).product()
    }
}

/// How often letters, digits and what is neither are met, of a thousand; by what has to be kept
/// apart, that need not be more exact.
fn weight(symbols: Symbols) -> f32 {
    const LETTERS: [u16; 26] = [
        65, 12, 30, 30, 95, 18, 16, 28, 60, 3, 8, 35, 25, 58, 60, 22, 2, 58, 58, 75, 26, 9, 12, 5,
        14, 3,
    ];
    const DIGIT: u16 = 8;
    const OTHER: u16 = 170;
    let ones = |symbols: Symbols| symbols.0.count_ones() as u16;
    let letters = Symbols(symbols.0 & Symbols::LETTERS.0);
    let digits = Symbols(symbols.0 & Symbols::DIGITS.0);
    let other = symbols.0 & Symbols::WORD.not().0;
    let mut sum = ones(digits) * DIGIT;
    // One sign is rare, all of them are not.
    sum += match other.count_ones() {
        0 => 0,
        1 => OTHER / 16,
        2..=8 => OTHER / 4,
        _ => OTHER,
    };
    let first = letters.0.trailing_zeros();
    let mut left = letters.0.checked_shr(first).unwrap_or(0);
    let mut letter = first.saturating_sub(1) as usize;
    while left != 0 {
        sum += if left & 1 == 1 { LETTERS[letter] } else { 0 };
        left >>= 1;
        letter += 1;
    }
    f32::from(sum) / 1100.0
}

/// The literals of a policy, ready to be looked for.
pub struct Filter {
    /// By place and symbol: the buckets in which the symbol may stand there.
    pub(crate) buckets: [[u32; 64]; PLACES],
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
                    let bit = u32::from(symbols.has(symbol)) << bucket;
                    filter.buckets[place][symbol] |= bit;
                    filter.tables[bucket / 8][place][symbol] |= (bit >> (bucket / 8 * 8)) as u8;
                }
            }
        }
        filter
    }
}

/// At most so many shapes, of which one holds whatever one of the given holds: those that have their
/// last bytes in common are put together first.
fn grouped(mut shapes: Vec<Shape>, most: usize) -> Vec<Shape> {
    let key = |shape: &Shape| [1, 2, 3, 0].map(|place| shape.0[place]);
    shapes.sort_by_key(key);
    let alike = shapes.chunk_by(|a, b| key(a)[..3] == key(b)[..3]);
    let join = |group: &[Shape]| group[1..].iter().fold(group[0], |all, one| all.or(one));
    let mut groups: Vec<(Shape, f32)> = alike
        .map(join)
        .map(|shape| (shape, shape.weight()))
        .collect();
    let cost = |groups: &[(Shape, f32)], at: usize| {
        let (one, next) = (&groups[at], &groups[at + 1]);
        one.0.or(&next.0).weight() - one.1 - next.1
    };
    let mut costs: Vec<f32> = (1..groups.len()).map(|at| cost(&groups, at - 1)).collect();
    while groups.len() > most {
        let cheapest = (0..costs.len()).min_by(|a, b| costs[*a].total_cmp(&costs[*b]));
        let Some(at) = cheapest else { break };
        let (next, _) = groups.remove(at + 1);
        let both = groups[at].0.or(&next);
        groups[at] = (both, both.weight());
        costs.remove(at);
        if at > 0 {
            costs[at - 1] = cost(&groups, at - 1);
        }
        if at < costs.len() {
            costs[at] = cost(&groups, at);
        }
    }
    groups.into_iter().map(|(shape, _)| shape).collect()
}

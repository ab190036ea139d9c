//! Many literals at once, told by what stands at the places around their ends: for each place and
//! symbol one bit per bucket of literals, ANDed. What passes may be one of them; what does not is none.

use crate::symbols::Symbols;

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

    /// How much of ordinary text passes, as if its bytes did not know of each other.
    fn weight(&self) -> f32 {
        let places = self
            .0
            .iter()
            .zip(OFTEN.iter().chain(std::iter::repeat(&OFTEN[2])));
        places
            .filter(|(symbols, _)| **symbols != Symbols::ALL)
            .map(|(symbols, often)| weight(*symbols, often))
            .product()
    }
}

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

fn weight(symbols: Symbols, often: &[u16; 64]) -> f32 {
    let mut sum = 0;
    let mut left = symbols.0;
    while left != 0 {
        sum += often[left.trailing_zeros() as usize];
        left &= left - 1;
    }
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

/// Above this many, only neighbours are compared with each other.
const COMPARED_MAX: usize = 128;

/// At most so many shapes, of which one holds whatever one of the given holds. What has its last bytes
/// in common is put together first, then what lets the least more pass.
fn grouped(mut shapes: Vec<Shape>, most: usize) -> Vec<Shape> {
    let key = |shape: &Shape| [1, 2, 3, 0].map(|place| shape.0[place]);
    shapes.sort_by_key(key);
    let alike = shapes.chunk_by(|a, b| key(a)[..3] == key(b)[..3]);
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

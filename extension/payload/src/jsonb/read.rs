//! Reading without copying: every access is checked, corruption is an error and never a panic.

use super::*;
use crate::interrupt::{self, PIECE};

/// Below this length text is looked at for being ASCII first.
const SHORT: usize = 64;

/// A container: the bytes from its header on.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    bytes: &'a [u8],
    header: u32,
}

/// One value inside a container, borrowed from it.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Number(Number<'a>),
    String(&'a str),
    Array(Container<'a>),
    Object(Container<'a>),
}

impl<'a> Container<'a> {
    /// `bytes` is a jsonb datum without its varlena header.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = word(bytes, 0)?;
        let container = Container { bytes, header };
        if container.is_object() == container.is_array() || bytes.len() < container.data_start() {
            return Err(Error::Corrupt);
        }
        Ok(container)
    }

    /// The root of a datum as a value: a scalar root is unwrapped.
    pub fn root(bytes: &'a [u8]) -> Result<Value<'a>, Error> {
        let container = Container::new(bytes)?;
        if container.header & FLAG_SCALAR != 0 {
            return container.elements().next().ok_or(Error::Corrupt)?;
        }
        Ok(if container.is_object() {
            Value::Object(container)
        } else {
            Value::Array(container)
        })
    }

    /// The bytes from the header on, as they can be copied to any 4-byte boundary.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub fn is_object(&self) -> bool {
        self.header & FLAG_OBJECT != 0
    }

    pub fn is_array(&self) -> bool {
        self.header & FLAG_ARRAY != 0
    }

    /// Number of elements, or of key and value pairs.
    pub fn len(&self) -> usize {
        (self.header & COUNT_MASK) as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements of an array; of an object, nothing.
    pub fn elements(&self) -> Elements<'a> {
        let count = if self.is_array() { self.len() } else { 0 };
        Elements {
            container: *self,
            index: 0,
            offset: 0,
            count,
        }
    }

    /// The pairs of an object in stored order (shorter keys first); of an array, nothing.
    pub fn entries(&self) -> Entries<'a> {
        let count = if self.is_object() { self.len() } else { 0 };
        let value_offset = self.offset_of(count);
        Entries {
            container: *self,
            index: 0,
            key_offset: 0,
            value_offset,
            count,
        }
    }

    /// The value under `key`, by binary search: keys are sorted by length, then bytes.
    pub fn get(&self, key: &str) -> Result<Option<Value<'a>>, Error> {
        if !self.is_object() {
            return Ok(None);
        }
        let count = self.len();
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = (low + high) / 2;
            let start = self.offset_of(middle)?;
            let end = self.end_of(middle, start)?;
            let found = self.data(start, end)?;
            let order = found
                .len()
                .cmp(&key.len())
                .then_with(|| found.cmp(key.as_bytes()));
            match order {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let index = count + middle;
                    return self
                        .value_at(index, self.offset_of(index)?)
                        .map(|(v, _)| Some(v));
                }
            }
        }
        Ok(None)
    }

    /// The key at a place, as it stands.
    pub(super) fn key(&self, place: usize) -> Result<&'a [u8], Error> {
        let start = self.offset_of(place)?;
        self.data(start, self.end_of(place, start)?)
    }

    /// The element or the member's value at a place.
    pub fn value(&self, place: usize) -> Result<Value<'a>, Error> {
        let keys = self.entry_count() - self.len();
        if place >= self.len() {
            return Err(Error::Corrupt);
        }
        let start = self.offset_of(keys + place)?;
        self.value_at(keys + place, start).map(|(value, _)| value)
    }

    fn entry_count(&self) -> usize {
        if self.is_object() {
            self.len() * 2
        } else {
            self.len()
        }
    }

    fn data_start(&self) -> usize {
        4 + 4 * self.entry_count()
    }

    fn entry(&self, index: usize) -> Result<u32, Error> {
        if index >= self.entry_count() {
            return Err(Error::Corrupt);
        }
        word(self.bytes, 4 + 4 * index)
    }

    fn data(&self, start: usize, end: usize) -> Result<&'a [u8], Error> {
        let base = self.data_start();
        self.bytes
            .get(base + start..base + end)
            .ok_or(Error::Corrupt)
    }

    /// Where the data of entry `index` starts: back to the nearest stored offset.
    fn offset_of(&self, index: usize) -> Result<usize, Error> {
        let mut offset = 0usize;
        for before in (0..index).rev() {
            let entry = self.entry(before)?;
            offset += (entry & ENTRY_LENGTH) as usize;
            if entry & ENTRY_HAS_OFFSET != 0 {
                break;
            }
        }
        Ok(offset)
    }

    fn end_of(&self, index: usize, start: usize) -> Result<usize, Error> {
        let entry = self.entry(index)?;
        let length = (entry & ENTRY_LENGTH) as usize;
        let end = if entry & ENTRY_HAS_OFFSET != 0 {
            length
        } else {
            start + length
        };
        if end < start {
            Err(Error::Corrupt)
        } else {
            Ok(end)
        }
    }

    /// The value of entry `index`, whose data starts at `start`, and where its data ends.
    fn value_at(&self, index: usize, start: usize) -> Result<(Value<'a>, usize), Error> {
        let end = self.end_of(index, start)?;
        let value = match self.entry(index)? & ENTRY_TYPE {
            TYPE_STRING => Value::String(text(self.data(start, end)?)?),
            TYPE_NUMERIC => Value::Number(Number::new(self.data(align4(start), end)?)?),
            TYPE_FALSE => Value::Bool(false),
            TYPE_TRUE => Value::Bool(true),
            TYPE_NULL => Value::Null,
            TYPE_CONTAINER => {
                let inner = Container::new(self.data(align4(start), end)?)?;
                if inner.header & FLAG_SCALAR != 0 {
                    return Err(Error::Corrupt);
                }
                if inner.is_object() {
                    Value::Object(inner)
                } else {
                    Value::Array(inner)
                }
            }
            _ => return Err(Error::Corrupt),
        };
        Ok((value, end))
    }
}

/// Iterator over the elements of an array.
pub struct Elements<'a> {
    container: Container<'a>,
    index: usize,
    offset: usize,
    count: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Value<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.index >= self.count {
            return None;
        }
        Some(match self.container.value_at(self.index, self.offset) {
            Ok((value, end)) => {
                self.index += 1;
                self.offset = end;
                Ok(value)
            }
            Err(error) => {
                self.index = self.count;
                Err(error)
            }
        })
    }
}

/// Iterator over the pairs of an object.
pub struct Entries<'a> {
    container: Container<'a>,
    index: usize,
    key_offset: usize,
    value_offset: Result<usize, Error>,
    count: usize,
}

impl<'a> Entries<'a> {
    fn pair(&mut self) -> Result<(&'a str, Value<'a>), Error> {
        let key_end = self.container.end_of(self.index, self.key_offset)?;
        let key = text(self.container.data(self.key_offset, key_end)?)?;
        let (value, value_end) = self
            .container
            .value_at(self.count + self.index, self.value_offset?)?;
        self.key_offset = key_end;
        self.value_offset = Ok(value_end);
        self.index += 1;
        Ok((key, value))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(&'a str, Value<'a>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.index >= self.count {
            return None;
        }
        let pair = self.pair();
        if pair.is_err() {
            self.index = self.count;
        }
        Some(pair)
    }
}

fn word(bytes: &[u8], at: usize) -> Result<u32, Error> {
    let four = bytes.get(at..at + 4).ok_or(Error::Corrupt)?;
    Ok(u32::from_ne_bytes([four[0], four[1], four[2], four[3]]))
}

fn text(bytes: &[u8]) -> Result<&str, Error> {
    // Keys and words.
    if bytes.len() < SHORT
        && let Some(text) = classes::ascii(bytes)
    {
        return Ok(text);
    }
    if bytes.len() > PIECE {
        interrupt::check(bytes.len());
    }
    simdutf8::basic::from_utf8(bytes).map_err(|_| Error::Corrupt)
}

//! What is wrong with a batch or with one item of it. Never says what an item contains.

use crate::json::SyntaxError;

/// Longest member name that is repeated in a message.
const NAME_MAX: usize = 40;

/// Why one item cannot become an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    NotJson {
        member: &'static str,
    },
    NotAnObject {
        found: &'static str,
    },
    Missing {
        member: &'static str,
    },
    WrongType {
        member: &'static str,
        wanted: &'static str,
        found: &'static str,
    },
    Unknown {
        member: String,
    },
    BadTime {
        member: &'static str,
    },
    TooLong {
        member: &'static str,
        bytes: usize,
        limit: usize,
    },
    NoKey,
    TooDeep {
        limit: usize,
    },
    TooLarge {
        bytes: usize,
        limit: usize,
    },
}

impl Problem {
    /// SQLSTATE that the same problem has as an error.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::NotJson { .. } => "TR001",
            Problem::TooDeep { .. } => "TR002",
            Problem::TooLarge { .. } => "TR003",
            Problem::TooLong { .. } => "TR006",
            Problem::NotAnObject { .. } | Problem::WrongType { .. } => "TR014",
            Problem::Unknown { .. } => "TR015",
            Problem::Missing {
                member: "conversation",
            } => "TR013",
            Problem::Missing { .. } => "TR016",
            Problem::BadTime { .. } => "TR017",
            Problem::NoKey => "TR018",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Problem::NotJson { .. } => "send the item as JSON",
            Problem::NotAnObject { .. } => "send each item as a JSON object",
            Problem::Missing {
                member: "conversation",
            } => "name the conversation on the batch or on the item",
            Problem::Missing { .. } => "add the member",
            Problem::WrongType { .. } => "send the member with the wanted type",
            Problem::Unknown { .. } => "move it into the payload, or correct its name",
            Problem::BadTime { .. } => "use RFC 3339 or seconds since 1970",
            Problem::TooLong { .. } => "shorten it; it names something, the payload is for content",
            Problem::NoKey => "give the item an id, a key or a sequence, or name the batch's run",
            Problem::TooDeep { .. } => "flatten the payload",
            Problem::TooLarge { .. } => "split the payload, or raise settings.max_item_bytes",
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::NotJson { member } => write!(f, "\"{member}\" is not JSON"),
            Problem::NotAnObject { found } => write!(f, "item must be an object, not {found}"),
            Problem::Missing { member } => write!(f, "item has no \"{member}\""),
            Problem::WrongType {
                member,
                wanted,
                found,
            } => {
                write!(f, "\"{member}\" must be {wanted}, not {found}")
            }
            Problem::Unknown { member } => write!(f, "item member {member} is not known"),
            Problem::BadTime { member } => write!(f, "\"{member}\" is not a time"),
            Problem::TooLong {
                member,
                bytes,
                limit,
            } => {
                write!(
                    f,
                    "\"{member}\" has {bytes} bytes, more than the {limit} allowed"
                )
            }
            Problem::NoKey => f.write_str("item has nothing to derive an event key from"),
            Problem::TooDeep { limit } => write!(f, "item is nested deeper than {limit} levels"),
            Problem::TooLarge { bytes, limit } => {
                write!(f, "item has {bytes} bytes, more than the {limit} allowed")
            }
        }
    }
}

/// Why a batch as a whole is refused: nothing of it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// It was text, and `parse` kept it as such.
    NotJson(SyntaxError),
    TooMany {
        items: usize,
        limit: usize,
    },
    NotABatch {
        found: &'static str,
    },
    NoItems,
    WrongType {
        member: &'static str,
        wanted: &'static str,
        found: &'static str,
    },
    Unknown {
        member: String,
    },
    UnknownFormat {
        name: String,
    },
    Corrupt,
}

impl std::fmt::Display for BatchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BatchError::NotABatch { found } => {
                write!(f, "batch must be an object or an array, not {found}")
            }
            BatchError::NotJson(error) => write!(f, "batch is not JSON: {error}"),
            BatchError::TooMany { items, limit } => {
                write!(f, "batch has {items} items, more than the {limit} allowed")
            }
            BatchError::NoItems => f.write_str("batch has no \"items\""),
            BatchError::WrongType {
                member,
                wanted,
                found,
            } => {
                write!(f, "batch member \"{member}\" must be {wanted}, not {found}")
            }
            BatchError::Unknown { member } => write!(f, "batch member {member} is not known"),
            BatchError::UnknownFormat { name } => write!(f, "format {name} is not known"),
            BatchError::Corrupt => f.write_str("batch is not valid jsonb"),
        }
    }
}

/// A caller's name as a message may repeat it: quoted if it is made of words, else only its length.
/// Anything else may be content, and what has digits in it may be a token.
pub fn nameable(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'.' | b'/');
    if name.len() <= NAME_MAX && !name.is_empty() && name.bytes().all(plain) {
        format!("\"{name}\"")
    } else {
        format!("of {} bytes", name.len())
    }
}

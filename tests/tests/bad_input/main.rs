//! Bad input: each has its own SQLSTATE, a message that names the thing, a hint, and no content; nothing
//! is half done, and what can be kept is kept as a dead letter.

mod batches;
mod dead_letters;
mod items;
mod policies;
mod refusal;
mod retried;
mod sent_again;
mod sizes;

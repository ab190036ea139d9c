//! Model calls that send their whole history again: it is stored once, and each call's input can be
//! rebuilt as it was sent.

mod calls;
mod exact;
mod forks;
mod growth;
mod limits;

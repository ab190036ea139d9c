//! Once and in order, whatever clients, their clocks and the network do.

mod arrival;
mod batches;
mod clocks;
mod lost_answer;
mod opposite;
mod prepared;
mod processes;
mod proxy;

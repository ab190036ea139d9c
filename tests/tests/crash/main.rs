//! kill -9 of the server in the middle of batches: what was acknowledged is there, whole and once.

mod client;
mod cluster;
mod consistency;
mod exporter;
#[path = "../exactness/proxy.rs"]
mod proxy;
mod survival;
mod writers;

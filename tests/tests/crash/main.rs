//! kill -9 of the server in the middle of batches: what was acknowledged is there, whole and once.

mod cluster;
mod consistency;
mod survival;
mod writers;

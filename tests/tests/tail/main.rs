//! `transcript.tail`: an exporter that keeps a cursor gets every event once, however late it commits.

mod changed;
mod exporter;
mod late;
mod moved;
mod pages;
mod writers;

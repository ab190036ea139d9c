//! Contracts across the folders.

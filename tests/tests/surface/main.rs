//! What the catalog says of the schema.

mod extension;
mod objects;
mod tables;

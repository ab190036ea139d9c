//! Display masking: whoever may see structure sees no content, by any way.

mod isolation;
mod reader;

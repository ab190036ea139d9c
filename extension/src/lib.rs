//! pg_transcript
pgrx::pg_module_magic!();

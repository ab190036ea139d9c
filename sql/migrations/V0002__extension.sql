-- Functions only; no table depends on it, so it can be dropped and made again without losing a row.

create extension if not exists pg_transcript schema transcript;

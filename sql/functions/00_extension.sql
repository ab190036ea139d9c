-- reapply when: select not exists (select from pg_catalog.pg_extension where extname = 'pg_transcript')
--
-- Functions only; no table depends on it, so it can be dropped and made again without losing a row.
-- Until it is back, its triggers are missing and every write is refused.

create extension if not exists pg_transcript schema transcript;

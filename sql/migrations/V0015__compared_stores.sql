set local role transcript_owner;

-- A table that is compared and backfilled only: what is written to it becomes events when somebody runs
-- rebuild, and not before.
alter table transcript.attached_stores add column is_live boolean not null default true;
comment on column transcript.attached_stores.is_live is 'false: the table has no triggers; it is compared and rebuilt only';

-- They have one argument more now.
drop function if exists transcript.attach(regclass, text, text, name, name, name, name, text, boolean);
drop function if exists transcript.store_fingerprint(transcript.attached_stores, text);

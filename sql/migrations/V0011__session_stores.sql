set local role transcript_owner;

-- The agent frameworks' own tables that are attached: what is written there is appended here, in the same
-- transaction. What went wrong is in rejected, under the store's name: no counter that every writer waits for.
create table transcript.attached_stores (
  store_id integer primary key generated always as identity,
  tenant_id text not null check (tenant_id <> ''),
  messages regclass not null unique,
  name text not null,
  prefix text not null default '',
  format text not null,
  session_column name not null,
  ordering_column name not null,
  data_column name not null,
  time_column name,
  by_session boolean not null,
  is_strict boolean not null default false,
  attached_at timestamptz not null default pg_catalog.clock_timestamp(),
  unique (tenant_id, prefix)
);
comment on table transcript.attached_stores is 'tables of agent frameworks that are attached; written by transcript.attach, shown by transcript.session_stores';
comment on column transcript.attached_stores.messages is 'the table with one row per item';
comment on column transcript.attached_stores.name is 'schema and name of the table when it was attached: source of its dead letters';
comment on column transcript.attached_stores.prefix is 'what a session''s id has before it as the id of its conversation';
comment on column transcript.attached_stores.ordering_column is 'integer that orders a session''s rows and tells them apart';
comment on column transcript.attached_stores.data_column is 'the item as JSON text';
comment on column transcript.attached_stores.by_session is 'true: a number is unique within its session only';
comment on column transcript.attached_stores.is_strict is 'true: what cannot be projected fails the framework''s write; false: it goes to rejected';

alter table transcript.attached_stores enable row level security;
alter table transcript.attached_stores force row level security;

-- The policies of event_kinds come after the migrations: for one statement the owner is not bound.
alter table transcript.event_kinds no force row level security;
insert into transcript.event_kinds (kind, description) values
  ('rewind', 'the framework took back the last items; the payload says which rows'),
  ('session_cleared', 'the framework emptied its session; the log keeps what was there'),
  ('store_pruned', 'older rows were removed from the framework''s table; the log keeps them');
alter table transcript.event_kinds force row level security;

comment on column transcript.audit_log.action is 'redact: values hidden in an event; conflict: an event key came again with another payload; replace: the redacted state that a merge replaced; prune_store: what was removed from a framework''s table';

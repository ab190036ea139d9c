set local role transcript_owner;

-- What could not become an event: nothing is lost, and a retry of the same thing is the same row.
create table transcript.rejected (
  tenant_id text not null check (tenant_id <> ''),
  rejected_id uuid not null,
  user_id text,
  conversation text,
  source text,
  line bigint,
  item_index integer,
  format text,
  reason text not null,
  envelope jsonb,
  raw text,
  raw_bytes bigint,
  attempts integer not null default 1,
  recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
  last_attempt_at timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (tenant_id, rejected_id)
);
create index rejected_recorded on transcript.rejected (recorded_at);
comment on table transcript.rejected is 'dead letters: items and lines that could not be stored, redacted, with the reason';
comment on column transcript.rejected.envelope is 'what the batch said for all its items, and the item''s own sequence: what a retry sends again';
comment on column transcript.rejected.raw is 'head of the raw text, redacted';
comment on column transcript.rejected.raw_bytes is 'size of the raw text before it was cut';

create table transcript.audit_log (
  audit_id bigint generated always as identity primary key,
  recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
  tenant_id text not null,
  user_id text,
  actor name not null default session_user,
  action text not null,
  conversation_id uuid,
  seq bigint,
  detail jsonb
);
create index audit_log_conversation on transcript.audit_log (tenant_id, conversation_id, seq);
comment on table transcript.audit_log is 'append-only: redactions (rule, path, count; never a value), conflicts, and states that a merge replaced';
comment on column transcript.audit_log.action is 'redact: values hidden in an event; conflict: an event key came again with another payload; replace: the redacted state that a merge replaced';

create table transcript.purge_log (
  purge_id bigint generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz not null default pg_catalog.clock_timestamp(),
  actor name not null default session_user,
  parent name not null,
  leaf name,
  lower_bound timestamptz,
  upper_bound timestamptz,
  cutoff timestamptz not null,
  rows_removed bigint not null default 0,
  bytes_removed bigint not null default 0,
  lock_tries integer not null default 0,
  result text not null check (result in ('done', 'deferred_lock', 'deferred_hold', 'failed')),
  sqlstate text
);
comment on table transcript.purge_log is 'append-only: what every purge removed or had to leave';

alter table transcript.rejected enable row level security;
alter table transcript.rejected force row level security;
alter table transcript.audit_log enable row level security;
alter table transcript.audit_log force row level security;
alter table transcript.purge_log enable row level security;
alter table transcript.purge_log force row level security;

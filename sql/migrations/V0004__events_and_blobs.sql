set local role transcript_owner;

-- The log. Append only; partitioned by the server's clock, so that retention is a drop.
create table transcript.events (
  conversation_id uuid not null,
  seq bigint not null check (seq > 0),
  recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
  event_key uuid not null,
  run_id uuid,
  tenant_id text not null check (tenant_id <> ''),
  user_id text,
  kind text not null check (kind <> ''),
  role text,
  agent text,
  model text,
  tool_name text,
  tool_call_id text,
  calls text[],
  answers text[],
  item_id text,
  parent_id text,
  sequence bigint,
  occurred_at timestamptz,
  payload jsonb not null,
  text text,
  payload_bytes integer not null,
  digest bytea not null,
  blob_at timestamptz,
  parts integer not null default 0,
  redactions integer not null default 0,
  policy_version integer not null,
  store_id integer,
  store_row bigint,
  fingerprint bigint,
  primary key (conversation_id, seq, recorded_at)
) partition by range (recorded_at);
alter table transcript.events alter column payload set compression lz4;
alter table transcript.events alter column text set compression lz4;
create unique index events_key on transcript.events (conversation_id, event_key, recorded_at);
create index events_tool_call on transcript.events (conversation_id, tool_call_id)
  where tool_call_id is not null;
comment on table transcript.events is 'every item of every run, in order, once, redacted and capped; written by transcript.append only';
comment on column transcript.events.seq is 'place in the conversation, from 1, without gaps, never reused';
comment on column transcript.events.recorded_at is 'server clock; what retention counts from';
comment on column transcript.events.event_key is 'what makes a write idempotent within its conversation';
comment on column transcript.events.tool_call_id is 'the call that the event makes or answers; the first of several';
comment on column transcript.events.calls is 'ids of all the calls that the event makes';
comment on column transcript.events.answers is 'ids of all the calls whose results the event brings';
comment on column transcript.events.item_id is 'the item''s own id, as the caller says';
comment on column transcript.events.parent_id is 'item_id of the event that this one follows or is part of';
comment on column transcript.events.sequence is 'the caller''s own number';
comment on column transcript.events.occurred_at is 'when it happened, as the caller says';
comment on column transcript.events.text is 'prose of the payload, for search';
comment on column transcript.events.payload_bytes is 'size of the whole redacted payload, in bytes of uncompressed jsonb';
comment on column transcript.events.digest is 'SHA-256 of the whole redacted payload as text';
comment on column transcript.events.blob_at is 'recorded_at of the blob with the whole payload, where payload is capped';
comment on column transcript.events.parts is 'how many parts of the payload are stored apart: attachments, the input of a model call, what it repeats; a reference stands for each';
comment on column transcript.events.redactions is 'how many values were redacted; which rules and paths is in audit_log';
comment on column transcript.events.policy_version is 'version of the redaction policy that was applied';
comment on column transcript.events.store_id is 'the session store that the event was projected from';
comment on column transcript.events.store_row is 'number of its row there; null: the event tells that rows were removed';
comment on column transcript.events.fingerprint is 'keyed hash of the row before redaction, XOR transcript.place(seq, payload): how transcript.drift() compares';

-- Payloads too large to stay inline, once per conversation and day: a day never spans two
-- partitions, so a blob and the events that refer to it are dropped by the same purge.
create table transcript.blobs (
  conversation_id uuid not null,
  digest bytea not null,
  recorded_at timestamptz not null,
  tenant_id text not null check (tenant_id <> ''),
  user_id text,
  payload_bytes integer not null,
  parts integer not null default 0,
  truncated boolean not null,
  payload jsonb not null,
  primary key (conversation_id, digest, recorded_at)
) partition by range (recorded_at);
alter table transcript.blobs alter column payload set compression lz4;
comment on table transcript.blobs is 'payloads too large to stay inline, and what model calls repeat: items of their input, tools, instructions; content-addressed within conversation and day';
comment on column transcript.blobs.recorded_at is 'start of the day (UTC) of the events that refer to it';
comment on column transcript.blobs.digest is 'SHA-256 of the whole, with its parts, as text';
comment on column transcript.blobs.parts is 'how many parts of the payload are stored apart';
comment on column transcript.blobs.truncated is 'true: the payload was over blob_bytes and is capped here as well';

-- Which leaf holds which span. The catalog knows it too, but only as text.
create table transcript.partitions (
  leaf name primary key,
  parent name not null,
  lower_bound timestamptz not null,
  upper_bound timestamptz not null check (upper_bound > lower_bound),
  created_at timestamptz not null default pg_catalog.clock_timestamp(),
  unique (parent, lower_bound)
);
comment on table transcript.partitions is 'leaves of the partitioned tables and the span [lower_bound, upper_bound) of each';

alter table transcript.events enable row level security;
alter table transcript.events force row level security;
alter table transcript.blobs enable row level security;
alter table transcript.blobs force row level security;
alter table transcript.partitions enable row level security;
alter table transcript.partitions force row level security;

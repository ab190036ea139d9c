set local role transcript_owner;

-- Updated by every append: room on the page and no index on what changes keep the updates HOT.
create table transcript.conversations (
  conversation_id uuid primary key,
  tenant_id text not null check (tenant_id <> ''),
  user_id text,
  external_id text not null,
  agent text,
  title text,
  next_seq bigint not null default 1 check (next_seq > 0),
  event_count bigint not null default 0,
  message_count bigint not null default 0,
  first_activity timestamptz,
  last_activity timestamptz,
  hold boolean not null default false,
  metadata jsonb,
  created_at timestamptz not null default pg_catalog.clock_timestamp()
) with (fillfactor = 70);
create index conversations_tenant on transcript.conversations (tenant_id, created_at);
comment on table transcript.conversations is 'what a user sees as one thread';
comment on column transcript.conversations.conversation_id is 'transcript.conversation_id(tenant_id, the caller''s id)';
comment on column transcript.conversations.external_id is 'the caller''s id, redacted like everything else';
comment on column transcript.conversations.next_seq is 'seq of the next event; never falls, whatever is purged';
comment on column transcript.conversations.hold is 'true: nothing of it is purged';

create table transcript.runs (
  conversation_id uuid not null,
  run_id uuid not null,
  tenant_id text not null check (tenant_id <> ''),
  user_id text,
  external_id text not null,
  agent text,
  model text,
  provider text,
  provider_source text,
  provider_path text,
  provider_request_id text,
  trace_id text,
  request_id text,
  intent_id text,
  task_id text,
  status text,
  error text,
  latency_ms bigint,
  input_tokens bigint,
  output_tokens bigint,
  total_tokens bigint,
  usage jsonb,
  started_at timestamptz not null default pg_catalog.clock_timestamp(),
  last_activity timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (conversation_id, run_id)
) with (fillfactor = 80);
comment on table transcript.runs is 'one execution of an agent in a conversation';
comment on column transcript.runs.run_id is 'transcript.run_id(tenant_id, the caller''s conversation, the caller''s run)';
comment on column transcript.runs.provider_source is 'what called the provider: a gateway, a library';
comment on column transcript.runs.provider_path is 'which of the provider''s paths was called';
comment on column transcript.runs.provider_request_id is 'the provider''s id of the request';
comment on column transcript.runs.trace_id is 'joins the run to other systems, as do request_id, intent_id and task_id';
comment on column transcript.runs.latency_ms is 'milliseconds, as the caller says';
comment on column transcript.runs.usage is 'token usage as the provider reported it last';

alter table transcript.conversations enable row level security;
alter table transcript.conversations force row level security;
alter table transcript.runs enable row level security;
alter table transcript.runs force row level security;

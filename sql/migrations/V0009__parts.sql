set local role transcript_owner;

-- What payloads carry as base64, decoded: once per conversation and day, as blobs are.
create table transcript.attachments (
  conversation_id uuid not null,
  digest bytea not null,
  recorded_at timestamptz not null,
  tenant_id text not null check (tenant_id <> ''),
  user_id text,
  content_bytes integer not null,
  media_type text not null,
  content bytea not null,
  primary key (conversation_id, digest, recorded_at)
) partition by range (recorded_at);
-- Images and sound are compressed already.
alter table transcript.attachments alter column content set storage external;
comment on table transcript.attachments is 'bytes that payloads carried as base64, content-addressed within conversation and day';
comment on column transcript.attachments.digest is 'SHA-256 of content';
comment on column transcript.attachments.recorded_at is 'start of the day (UTC) of the events that refer to it';
comment on column transcript.attachments.media_type is 'as the first payload that carried it says; a reference has its own';

-- The inputs of model calls as hash chains: a call names its last node, and a call that goes on where
-- another ended adds only what is new.
create table transcript.inputs (
  conversation_id uuid not null,
  digest bytea not null,
  recorded_at timestamptz not null,
  tenant_id text not null check (tenant_id <> ''),
  user_id text,
  position integer not null check (position > 0),
  parent bytea check ((parent is null) = (position = 1)),
  item bytea not null,
  primary key (conversation_id, digest, recorded_at)
) partition by range (recorded_at);
comment on table transcript.inputs is 'inputs of model calls: one node per item, chained to the item before it';
comment on column transcript.inputs.digest is 'sha256(parent || item); of the first item, sha256(item)';
comment on column transcript.inputs.recorded_at is 'start of the day (UTC) of the events that refer to it';
comment on column transcript.inputs.position is 'place of the item in its input, from 1';
comment on column transcript.inputs.parent is 'the node of the item before';
comment on column transcript.inputs.item is 'digest of the blob with the item';

alter table transcript.attachments enable row level security;
alter table transcript.attachments force row level security;
alter table transcript.inputs enable row level security;
alter table transcript.inputs force row level security;

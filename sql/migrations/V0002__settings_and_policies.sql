set local role transcript_owner;

-- One row of limits for the whole database.
create table transcript.settings (
  singleton boolean primary key default true check (singleton),
  inline_bytes integer not null default 32768 check (inline_bytes between 256 and 134217728),
  -- 268435455 is the most that a jsonb array, object or string can hold.
  blob_bytes integer not null default 67108864 check (blob_bytes between inline_bytes and 268435455),
  attachment_bytes integer not null default 1024 check (attachment_bytes between 64 and 268435455),
  max_item_bytes integer not null default 67108864 check (max_item_bytes between 1024 and 268435455),
  partition_interval text not null default 'week' check (partition_interval in ('day', 'week', 'month')),
  partitions_ahead integer not null default 4 check (partitions_ahead between 1 and 400)
);
comment on table transcript.settings is 'limits that hold for every tenant; exactly one row';
comment on column transcript.settings.inline_bytes is 'largest payload kept in events, in bytes of uncompressed jsonb';
comment on column transcript.settings.blob_bytes is 'largest payload kept whole in blobs, and largest attachment';
comment on column transcript.settings.attachment_bytes is 'smallest base64 attachment that is decoded and stored apart, in bytes';
comment on column transcript.settings.max_item_bytes is 'largest item that append takes';
comment on column transcript.settings.partition_interval is 'span of a partition made from now on: day, week or month';
comment on column transcript.settings.partitions_ahead is 'partitions that ensure_partitions keeps ready after the current one';
insert into transcript.settings default values;

-- Every change of a policy is a new row: the newest one of a tenant applies, else the newest default.
create table transcript.redaction_policies (
  version integer generated always as identity primary key,
  tenant_id text check (tenant_id <> ''),
  policy jsonb not null,
  created_at timestamptz not null default pg_catalog.clock_timestamp(),
  created_by name not null default session_user
);
create index redaction_policies_tenant on transcript.redaction_policies (tenant_id, version desc);
comment on table transcript.redaction_policies is 'redaction policies by version; without a row the built-in standard policy applies as version 0';
comment on column transcript.redaction_policies.tenant_id is 'whose rows it applies to; null: every tenant without a policy of its own';

-- How long rows live. Zero and negative spans are refused: they would erase everything.
create table transcript.retention_policies (
  retention_id integer generated always as identity primary key,
  tenant_id text check (tenant_id <> ''),
  ttl interval not null check (ttl > interval '0'),
  created_at timestamptz not null default pg_catalog.clock_timestamp(),
  created_by name not null default session_user,
  unique nulls not distinct (tenant_id)
);
comment on table transcript.retention_policies is 'time to live by tenant; a partition is dropped once it is past the longest';
comment on column transcript.retention_policies.tenant_id is 'whose rows it applies to; null: every tenant without a row of its own';
insert into transcript.retention_policies (tenant_id, ttl) values (null, interval '180 days');

alter table transcript.settings enable row level security;
alter table transcript.settings force row level security;
alter table transcript.redaction_policies enable row level security;
alter table transcript.redaction_policies force row level security;
alter table transcript.retention_policies enable row level security;
alter table transcript.retention_policies force row level security;

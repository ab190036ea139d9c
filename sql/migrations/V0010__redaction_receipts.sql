set local role transcript_owner;

-- What a sweep of a tenant's history under a stricter policy did, and how far it is. Counts only.
create table transcript.redaction_receipts (
  receipt_id bigint generated always as identity primary key,
  tenant_id text not null check (tenant_id <> ''),
  from_version integer,
  to_version integer not null,
  status text not null default 'running' check (status in ('running', 'done', 'cancelled')),
  actor name not null default session_user,
  started_at timestamptz not null default pg_catalog.clock_timestamp(),
  finished_at timestamptz,
  include_held boolean not null,
  every_row boolean not null,
  looked jsonb not null default '{}',
  changed jsonb not null default '{}',
  findings jsonb not null default '{}',
  held bigint not null default 0,
  tables name[] not null default '{}',
  vacuumed_at timestamptz,
  waits_for xid8,
  ended_at xid8,
  stage text not null default 'conversations' check (stage in ('conversations', 'rejected')),
  opened_at timestamptz not null default '-infinity',
  conversation_id uuid,
  seq bigint,
  rejected_id uuid
);
create unique index redaction_receipts_running on transcript.redaction_receipts (tenant_id)
  where status = 'running';
comment on table transcript.redaction_receipts is 'what each sweep of stored history under a stricter policy looked at and changed; counts, never values';
comment on column transcript.redaction_receipts.from_version is 'oldest policy version of the events that were looked at';
comment on column transcript.redaction_receipts.to_version is 'policy version that the history was swept under';
comment on column transcript.redaction_receipts.status is 'running: may be continued; cancelled: another policy or other options took its place';
comment on column transcript.redaction_receipts.include_held is 'true: conversations on hold were swept too';
comment on column transcript.redaction_receipts.every_row is 'true: also rows that say they are stored under to_version';
comment on column transcript.redaction_receipts.looked is 'rows looked at, by table';
comment on column transcript.redaction_receipts.changed is 'rows rewritten, by table; of blobs, rows dropped';
comment on column transcript.redaction_receipts.findings is 'values hidden, by rule';
comment on column transcript.redaction_receipts.held is 'conversations and dead letters left as they were because of a hold';
comment on column transcript.redaction_receipts.tables is 'tables and leaves with old row versions, to be vacuumed';
comment on column transcript.redaction_receipts.vacuumed_at is 'when these were vacuumed and nobody could see the old row versions any more';
comment on column transcript.redaction_receipts.waits_for is 'transactions that began before this one may still write under the old policy; null once they have ended';
comment on column transcript.redaction_receipts.ended_at is 'transactions that began before this one may still see the old row versions';
comment on column transcript.redaction_receipts.stage is 'where a running sweep is: this, and the next four columns';

alter table transcript.redaction_receipts enable row level security;
alter table transcript.redaction_receipts force row level security;

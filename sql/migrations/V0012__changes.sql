set local role transcript_owner;

-- What exporters follow: which events came or changed, one row for each conversation of a batch. A table
-- of its own, because a column of events would need a fourth index there, and an entry for every event.
create table transcript.changes (
  tenant_id text not null check (tenant_id <> ''),
  position bigint not null,
  conversation_id uuid not null,
  first_seq bigint not null,
  change text not null check (change in ('stored', 'updated')),
  recorded_at timestamptz not null,
  last_seq bigint not null check (last_seq >= first_seq),
  event_at timestamptz not null,
  user_id text,
  primary key (tenant_id, position, conversation_id, first_seq, change, recorded_at)
) partition by range (recorded_at);
comment on table transcript.changes is 'which events came or changed, in the order in which transcript.tail serves them';
comment on column transcript.changes.position is 'number of the transaction, behind that of its era; never less than the conversation''s last';
comment on column transcript.changes.change is 'stored: the events are new; updated: a merge or a stricter policy wrote the event anew';
comment on column transcript.changes.recorded_at is 'of new events their own; of an update the start of its day (UTC)';
comment on column transcript.changes.event_at is 'recorded_at of the events';

alter table transcript.conversations add column last_position bigint not null default 0;
comment on column transcript.conversations.last_position is 'position of its last stored events in changes';

-- Numbers of transactions mean something in one cluster only, and on one timeline of it. A dump that was
-- restored elsewhere, or a standby that was promoted, begins a new era, whose positions are all higher.
create table transcript.eras (
  era integer primary key check (era between 0 and 32767),
  system_identifier bigint not null,
  timeline integer not null,
  first_transaction bigint not null,
  began_at timestamptz not null default pg_catalog.clock_timestamp()
);
comment on table transcript.eras is 'the clusters and timelines that this database has lived in';
comment on column transcript.eras.first_transaction is 'the transaction that began the era';

alter table transcript.changes enable row level security;
alter table transcript.changes force row level security;
alter table transcript.eras enable row level security;
alter table transcript.eras force row level security;

set local role transcript_owner;

-- What fingerprints of session stores are computed with. Nobody but the owner sees them.
create table transcript.fingerprint_keys (
  store_id integer primary key,
  secret bytea not null check (octet_length(secret) = 16)
    -- Two random UUIDs, each with 122 bits of chance.
    default substr(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1, 16)
);
comment on table transcript.fingerprint_keys is 'keys of the fingerprints by which session stores and the log are compared, one per store';
comment on column transcript.fingerprint_keys.secret is '16 bytes; whoever has it can try contents out';

-- What the last check of each session found wrong, by kind; a session without drift has no row.
create table transcript.drift (
  store_id integer not null,
  conversation_id uuid not null,
  kind text not null,
  tenant_id text not null check (tenant_id <> ''),
  session text not null,
  missing bigint not null,
  extra bigint not null,
  altered bigint not null,
  reordered bigint not null,
  duplicated bigint not null,
  checked_at timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (store_id, conversation_id, kind)
);
comment on table transcript.drift is 'sessions whose items differ between a session store and the log, by kind; written by transcript.drift()';
comment on column transcript.drift.session is 'the framework''s id, redacted like everything else';
comment on column transcript.drift.missing is 'rows of the store that have no event';
comment on column transcript.drift.extra is 'events whose row is gone, and nothing says that it was removed';
comment on column transcript.drift.altered is 'events that are not what their row says';
comment on column transcript.drift.reordered is 'events or rows that took the place of others';
comment on column transcript.drift.duplicated is 'rows or events that are there more than once';

-- One row per store, for alerts.
create table transcript.drift_checks (
  store_id integer primary key,
  tenant_id text not null check (tenant_id <> ''),
  checked_at timestamptz not null,
  full_at timestamptz not null,
  duration interval not null,
  is_full boolean not null,
  sessions_checked bigint not null,
  sessions_drifted bigint not null,
  missing bigint not null,
  extra bigint not null,
  altered bigint not null,
  reordered bigint not null,
  duplicated bigint not null,
  seen_from xid8 not null,
  settled_row bigint not null,
  newest_row bigint not null,
  newest_from xid8 not null
);
comment on table transcript.drift_checks is 'the last check of each session store and what it found; alert on sessions_drifted > 0 and on an old checked_at';
comment on column transcript.drift_checks.full_at is 'when all sessions were compared last';
comment on column transcript.drift_checks.is_full is 'false: only sessions that were written to since the check before, and those with drift';
comment on column transcript.drift_checks.sessions_checked is 'sessions compared by the last check';
comment on column transcript.drift_checks.sessions_drifted is 'sessions with drift, as of now';
comment on column transcript.drift_checks.seen_from is 'older transactions had ended when the check began';
comment on column transcript.drift_checks.settled_row is 'rows up to this number were all there when a check began';
comment on column transcript.drift_checks.newest_row is 'highest number that the check saw; settled once all transactions before newest_from have ended';

alter table transcript.fingerprint_keys enable row level security;
alter table transcript.fingerprint_keys force row level security;
alter table transcript.drift enable row level security;
alter table transcript.drift force row level security;
alter table transcript.drift_checks enable row level security;
alter table transcript.drift_checks force row level security;

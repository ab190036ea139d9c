set local role transcript_owner;

-- Keys of the actions hash and pseudonym. Nobody but the owner sees them, and they are only added to:
-- what was computed with an older key stays what it is, and can still be looked up.
create table transcript.redaction_keys (
  key_id integer generated always as identity primary key,
  tenant_id text check (tenant_id <> ''),
  secret bytea not null check (octet_length(secret) >= 32),
  created_at timestamptz not null default pg_catalog.clock_timestamp(),
  created_by name not null default session_user
);
create index redaction_keys_tenant on transcript.redaction_keys (tenant_id, key_id desc);
comment on table transcript.redaction_keys is 'keys that hashes and pseudonyms are computed with; the newest applies';
comment on column transcript.redaction_keys.tenant_id is 'whose values it is for; null: of every tenant without a key of its own';
comment on column transcript.redaction_keys.secret is 'at least 32 bytes; whoever has it can try values out';

alter table transcript.redaction_keys enable row level security;
alter table transcript.redaction_keys force row level security;

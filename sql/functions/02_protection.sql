-- Which policy and which limits apply to a tenant's rows, and the triggers that apply them.
-- The body is a string on purpose: it must not make the extension impossible to drop.
set local role transcript_owner;

create or replace function transcript.protection(
  tenant text, as_version integer default null, as_key integer default null,
  out policy jsonb, out version integer, out inline_bytes integer, out blob_bytes integer,
  out key_id integer, out secret bytea, out attachment_bytes integer)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  select s.inline_bytes, s.blob_bytes, s.attachment_bytes into inline_bytes, blob_bytes, attachment_bytes
    from transcript.settings s;
  select p.policy, p.version into policy, version
    from transcript.redaction_policies p
    where (p.tenant_id = tenant or p.tenant_id is null) and p.version = coalesce(as_version, p.version)
    order by p.tenant_id nulls last, p.version desc
    limit 1;
  -- Of a version that is gone nobody knows what it was.
  if not found and coalesce(as_version, 0) = 0 then
    policy := transcript.builtin_policy('standard');
    version := 0;
  end if;
  select k.key_id, k.secret into key_id, secret
    from transcript.redaction_keys k
    where (k.tenant_id = tenant or k.tenant_id is null) and k.key_id = coalesce(as_key, k.key_id)
    order by k.tenant_id nulls last, k.key_id desc
    limit 1;
end
$$;
comment on function transcript.protection(text, integer, integer) is
  'The redaction policy, the key and the limits that apply to a tenant''s rows, or applied as of a version and with a key.';

create or replace function transcript.rotate_redaction_key(tenant text default null) returns integer
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  -- 366 bits of the server's strong random source in 32 bytes; the older keys stay.
  insert into transcript.redaction_keys (tenant_id, secret)
    values (tenant, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())))
    returning key_id
$$;
comment on function transcript.rotate_redaction_key(text) is
  'Makes a new key for the actions hash and pseudonym, of one tenant or of all without a key of their own; gives its id.';

-- A retry is a duplicate when what was stored can be had from it: as it is redacted today, as it was
-- redacted under the version it was stored with, or when both are the same under today's policy. Each
-- with every key, the newest first: what an older key made stays as it is.
create or replace function transcript.is_same_payload(
  tenant text, kind text, tool text, given jsonb, stored_digest bytea, stored transcript.events)
  returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  a_key integer;
  whole jsonb;
begin
  if transcript.digest(transcript.redacted(given, tenant, kind, tool)) = stored_digest then
    return true;
  end if;
  -- Not `stored is null`: that would ask for every column.
  if stored.seq is null then
    return false;
  end if;
  whole := transcript.whole_payload(stored);
  for a_key in
    (select k.key_id from transcript.redaction_keys k
      where k.tenant_id = tenant or k.tenant_id is null order by k.key_id desc)
    union all select null
  loop
    if transcript.digest(transcript.redacted(given, tenant, kind, tool, stored.policy_version, a_key)) = stored_digest
      or transcript.digest(transcript.redacted(given, tenant, kind, tool, null, a_key))
        = transcript.digest(transcript.redacted(whole, tenant, kind, tool, null, a_key))
    then
      return true;
    end if;
  end loop;
  return false;
end
$$;
comment on function transcript.is_same_payload(text, text, text, jsonb, bytea, transcript.events) is
  'Whether a payload is the one that an event was stored from, whatever policy and key it was redacted with.';

-- Without its protecting trigger a table takes no row: dropping the extension drops that trigger.
create or replace function transcript.refuse_unprotected() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_nargs = 0 or not exists (
    select from pg_trigger
    where tgrelid = tg_relid and tgname = tg_argv[0]
      -- Anything less than ALWAYS is passed by with session_replication_role = replica.
      and tgenabled = 'A')
  then
    raise exception using errcode = 'TR030',
      message = format('"%s" is not protected: extension pg_transcript is missing or its trigger is not enabled always', tg_table_name),
      hint = 'CREATE EXTENSION pg_transcript SCHEMA transcript, then run pg_transcript migrate';
  end if;
  return new;
end
$$;
comment on function transcript.refuse_unprotected() is
  'Row trigger: TR030 when the trigger that redacts (its argument) is not there, or not enabled always; without an argument always.';

create or replace function transcript.clear_digest() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  new.digest := '';
  return new;
end
$$;
comment on function transcript.clear_digest() is
  'Row trigger of events: only the trigger that redacts says what an event''s digest is.';

create or replace function transcript.check_policy() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  found record;
begin
  select * into found from transcript.policy_check(new.policy) limit 1;
  if found.path is not null then
    raise exception using errcode = 'TR021',
      message = format('redaction policy is not valid: %s at %s', found.problem, found.path),
      hint = 'SELECT * FROM transcript.policy_check(policy) names every problem; start from transcript.builtin_policy(''standard'')';
  end if;
  return new;
end
$$;
comment on function transcript.check_policy() is
  'Row trigger of redaction_policies. TR021: the policy is not valid.';

revoke all on function transcript.protection(text, integer, integer), transcript.refuse_unprotected(),
  transcript.clear_digest(), transcript.check_policy(), transcript.rotate_redaction_key(text),
  transcript.is_same_payload(text, text, text, jsonb, bytea, transcript.events) from public;

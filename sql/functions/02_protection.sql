-- Which policy and which limits apply to a tenant's rows, and the triggers that apply them.
-- The body is a string on purpose: it must not make the extension impossible to drop.
set local role transcript_owner;

create or replace function transcript.protection(
  tenant text,
  out policy jsonb, out version integer, out inline_bytes integer, out blob_bytes integer,
  out attachment_bytes integer)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  select s.inline_bytes, s.blob_bytes, s.attachment_bytes into inline_bytes, blob_bytes, attachment_bytes
    from transcript.settings s;
  select p.policy, p.version into policy, version
    from transcript.redaction_policies p
    where p.tenant_id = tenant or p.tenant_id is null
    order by p.tenant_id nulls last, p.version desc
    limit 1;
  if not found then
    policy := transcript.builtin_policy('standard');
    version := 0;
  end if;
end
$$;
comment on function transcript.protection(text) is
  'The redaction policy and the limits that apply to a tenant''s rows.';

-- Without its protecting trigger a table takes no row: dropping the extension drops that trigger.
create or replace function transcript.refuse_unprotected() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
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
  'Row trigger: TR030 when the trigger that redacts (its argument) is not there, or not enabled always.';

create or replace function transcript.check_policy() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform transcript.redact('null'::jsonb, new.policy);
  return new;
end
$$;
comment on function transcript.check_policy() is
  'Row trigger of redaction_policies. TR021: the policy is not valid.';

revoke all on function transcript.protection(text), transcript.refuse_unprotected(), transcript.check_policy()
  from public;

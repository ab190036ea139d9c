-- Who is asking: transaction-local settings, so that nothing leaks through a pooler.
-- Parsed here, not at the call: no search_path can bend them, and policies may inline them.
set local role transcript_owner;

create or replace function transcript.tenant() returns text
  language sql stable parallel safe
  return case when pg_catalog.btrim(pg_catalog.current_setting('transcript.tenant', true), E' \t\n\r') = '' then null
              else pg_catalog.current_setting('transcript.tenant', true) end;
comment on function transcript.tenant() is
  'The tenant of this transaction (setting transcript.tenant); null when unset or blank.';

create or replace function transcript.acting_user() returns text
  language sql stable parallel safe
  return case when pg_catalog.btrim(pg_catalog.current_setting('transcript.user_id', true), E' \t\n\r') = '' then null
              else pg_catalog.current_setting('transcript.user_id', true) end;
comment on function transcript.acting_user() is
  'The user of this transaction (setting transcript.user_id); null when unset or blank: all users of the tenant.';

create or replace function transcript.required_tenant() returns text
  language plpgsql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
declare
  tenant text := transcript.tenant();
begin
  if tenant is null then
    raise exception using errcode = 'TR012', message = 'tenant is not set',
      hint = 'run SET LOCAL transcript.tenant = ''…'' in this transaction first';
  end if;
  return tenant;
end
$$;
comment on function transcript.required_tenant() is
  'The tenant of this transaction. TR012: it is unset or blank.';

create or replace function transcript.act_as(tenant text, user_id text) returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  select set_config('transcript.tenant', coalesce(tenant, ''), true),
    set_config('transcript.user_id', coalesce(user_id, ''), true);
$$;
comment on function transcript.act_as(text, text) is
  'Sets tenant and user for the rest of the transaction; null unsets.';

revoke all on function transcript.tenant(), transcript.acting_user(), transcript.required_tenant(),
  transcript.act_as(text, text) from public;
grant execute on function transcript.tenant(), transcript.acting_user(), transcript.required_tenant()
  to transcript_writer, transcript_reader, transcript_auditor, transcript_purger;

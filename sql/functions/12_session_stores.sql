-- Attaching and detaching session stores, and what their state is.
set local role transcript_owner;

-- Arguments: messages, the table with one row per item; tenant, whose history it is; format, of the items;
-- the columns; prefix, what a session's id gets before it as the id of its conversation; strict, true to
-- fail the framework's write where an item cannot be projected; live, false for a table that is compared
-- (drift) and backfilled (rebuild) only, and gets no triggers.
create or replace function transcript.attach(
  messages regclass, tenant text, format text default 'openai-agents', session_column name default 'session_id',
  ordering_column name default 'id', data_column name default 'message_data', time_column name default 'created_at',
  prefix text default '', strict boolean default false, live boolean default true)
  returns integer
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  set client_min_messages = warning
as $$
declare
  store transcript.attached_stores;
  trigger_of record;
begin
  if messages is null or tenant is null or btrim(tenant, E' \t\n\r') = '' then
    raise exception using errcode = 'TR060', message = 'a session store needs a table and a tenant',
      hint = 'select transcript.attach(''public.agent_messages'', ''acme'')';
  end if;
  perform transcript.check_store(messages, session_column, ordering_column, data_column, time_column);
  if exists (
    select from transcript.attached_stores s
    join pg_class c on c.oid = s.messages
    where s.tenant_id = tenant and s.prefix = coalesce(attach.prefix, '') and s.messages <> attach.messages)
  then
    raise exception using errcode = 'TR065',
      message = pg_catalog.format('another table of the tenant is attached with prefix %L', coalesce(prefix, '')),
      hint = 'give this one a prefix of its own: sessions of both could have the same id';
  end if;
  -- Of a table that was dropped, the store goes as well.
  perform transcript.forget_store(s.store_id) from transcript.attached_stores s
    where not exists (select from pg_class c where c.oid = s.messages);
  insert into transcript.attached_stores (tenant_id, messages, name, prefix, format, session_column,
      ordering_column, data_column, time_column, by_session, is_strict, is_live)
    values (tenant, messages, transcript.store_name(messages), coalesce(prefix, ''),
      (select f.format from transcript.formats() f where f.format = attach.format or attach.format = any (f.aliases) limit 1),
      session_column, ordering_column, data_column, nullif(time_column, ''),
      (select k.by_session from transcript.store_keys(messages, session_column, ordering_column) k), coalesce(strict, false),
      coalesce(live, true))
    on conflict on constraint attached_stores_messages_key do update
      set tenant_id = excluded.tenant_id, name = excluded.name, prefix = excluded.prefix, format = excluded.format,
        session_column = excluded.session_column, ordering_column = excluded.ordering_column,
        data_column = excluded.data_column, time_column = excluded.time_column, by_session = excluded.by_session,
        is_strict = excluded.is_strict, is_live = excluded.is_live
    returning * into store;
  insert into transcript.fingerprint_keys (store_id) values (store.store_id) on conflict (store_id) do nothing;
  perform transcript.make_store_trigger(store);
  perform transcript.grant_store(messages, session_column);
  for trigger_of in select * from transcript.store_triggers(store.store_id) loop
    execute pg_catalog.format('drop trigger if exists %I on %s', trigger_of.name, messages);
    if store.is_live then
      execute pg_catalog.format(trigger_of.statement, messages);
    end if;
  end loop;
  return store.store_id;
exception when not_null_violation then
  raise exception using errcode = 'TR011', message = pg_catalog.format('format %L is not known', format),
    hint = 'select * from transcript.formats() lists them';
end
$$;
comment on function transcript.attach(regclass, text, text, name, name, name, name, text, boolean, boolean) is
  'Attaches a session store: what is written to it from now on is appended in the same transaction, when that commits; or, where it is not live, by transcript.rebuild. Run it as the owner of the table and a member of transcript_owner. TR011: unknown format. TR060: table or tenant is missing. TR061 to TR063: the table cannot be attached. TR065: prefix is taken.';

create or replace function transcript.store_triggers(store_id integer)
  returns table (name name, statement text)
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $$
  select * from (values
    ('transcript_inserted'::name, format('create constraint trigger transcript_inserted after insert on %%s
      deferrable initially deferred for each row execute function transcript.%I()', transcript.store_function(store_id))),
    ('transcript_updated', 'create trigger transcript_updated after update on %s
      referencing old table as old_rows new table as new_rows
      for each statement execute function transcript.session_store_updated()'),
    ('transcript_deleted', 'create trigger transcript_deleted after delete on %s
      referencing old table as old_rows for each statement execute function transcript.session_store_deleted()'),
    ('transcript_truncated', 'create trigger transcript_truncated before truncate on %s
      for each statement execute function transcript.session_store_truncated()')) t (name, statement)
$$;
comment on function transcript.store_triggers(integer) is
  'The triggers of an attached table, and the statements that make them.';

create or replace function transcript.forget_store(store_id integer) returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('drop function if exists transcript.%I()', transcript.store_function(store_id));
  delete from transcript.fingerprint_keys k where k.store_id = forget_store.store_id;
  delete from transcript.drift d where d.store_id = forget_store.store_id;
  delete from transcript.drift_checks d where d.store_id = forget_store.store_id;
  delete from transcript.attached_stores s where s.store_id = forget_store.store_id;
end
$$;
comment on function transcript.forget_store(integer) is
  'Removes a store that has no triggers any more.';

create or replace function transcript.detach(messages regclass) returns boolean
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  set client_min_messages = warning
as $$
declare
  store transcript.attached_stores;
  related record;
begin
  select s.* into store from transcript.attached_stores s where s.messages = detach.messages;
  if not found then
    return false;
  end if;
  for related in select t.name from transcript.store_triggers(store.store_id) t loop
    execute format('drop trigger if exists %I on %s', related.name, messages);
  end loop;
  for related in
    select messages as relation
    union all
    select p.parent from transcript.store_parent(messages, store.session_column) p
    where not exists (
      select from transcript.attached_stores s, transcript.store_parent(s.messages, s.session_column) o
      where s.store_id <> store.store_id and o.parent = p.parent)
  loop
    execute format('revoke all on %s from transcript_owner', related.relation);
    execute format('drop policy if exists transcript_reads on %s', related.relation);
  end loop;
  perform transcript.forget_store(store.store_id);
  return true;
end
$$;
comment on function transcript.detach(regclass) is
  'Detaches a session store; false where it was not attached. What was appended stays. Run it as the owner of the table and a member of transcript_owner.';

-- Owner's rights: who looks at the state need not read the framework's table.
create or replace function transcript.store_lag(store_id integer) returns bigint
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set enable_nestloop = off
  set jit = off
as $$
declare
  store transcript.attached_stores;
  lag bigint;
begin
  select s.* into store from transcript.attached_stores s
    where s.store_id = store_lag.store_id and s.tenant_id = transcript.tenant();
  if not found or transcript.store_name(store.messages) is null then
    return null;
  end if;
  execute format(
    'select count(*) from only %s t
     where not exists (select from transcript.events e
       where e.conversation_id = transcript.conversation_id($1, $2 || t.%I::text) and e.sequence = t.%I)',
    store.messages, store.session_column, store.ordering_column)
    into lag using store.tenant_id, store.prefix;
  return lag;
exception when undefined_column or undefined_table or insufficient_privilege then
  return null;
end
$$;
comment on function transcript.store_lag(integer) is
  'How many rows of a session store of the tenant are not in the log; null where the table cannot be read. It reads both.';

create or replace function transcript.store_is_whole(messages regclass) returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  -- A restored or rebuilt table has lost its triggers.
  select count(*) = 4 from pg_trigger t
  where t.tgrelid = messages and t.tgenabled in ('O', 'A')
    and t.tgname in ('transcript_inserted', 'transcript_updated', 'transcript_deleted', 'transcript_truncated')
$$;
comment on function transcript.store_is_whole(regclass) is
  'Whether an attached table has all its triggers, and none is disabled.';

create or replace view transcript.session_stores with (security_invoker) as
  select s.store_id, s.name, s.tenant_id, s.prefix, s.format, s.is_strict as strict, s.attached_at,
    case when s.is_live then transcript.store_is_whole(s.messages) end as is_attached, transcript.store_lag(s.store_id) as lag,
    (select count(*) from transcript.rejected r where r.tenant_id = s.tenant_id and r.source = s.name) as failures,
    (select max(r.last_attempt_at) from transcript.rejected r where r.tenant_id = s.tenant_id and r.source = s.name)
      as last_failure_at,
    s.is_live as live
  from transcript.attached_stores s
  where s.tenant_id = transcript.tenant();
comment on view transcript.session_stores is
  'the attached session stores of the tenant: whether their triggers are there, how many rows are not in the log (lag), how many are dead letters (failures)';
comment on column transcript.session_stores.is_attached is 'false: a trigger is missing or disabled; attach the table again; null: it is not live and has none';
comment on column transcript.session_stores.live is 'false: the table is compared and backfilled only';
comment on column transcript.session_stores.lag is 'rows of the table that are not in the log: written before it was attached, or not projected; null: it cannot be read';
comment on column transcript.session_stores.failures is 'dead letters in rejected; transcript.retry_rejected() sends them again';

revoke all on function
  transcript.attach(regclass, text, text, name, name, name, name, text, boolean, boolean),
  transcript.store_triggers(integer), transcript.forget_store(integer), transcript.detach(regclass),
  transcript.store_lag(integer), transcript.store_is_whole(regclass) from public;
grant select on transcript.session_stores to transcript_auditor;
grant execute on function transcript.tenant(), transcript.store_lag(integer), transcript.store_is_whole(regclass)
  to transcript_auditor;

-- Attaching and detaching session stores, and what their state is.
set local role transcript_owner;

create or replace function transcript.store_name(messages regclass) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select format('%s.%I', c.relnamespace::regnamespace, c.relname) from pg_class c where c.oid = messages
$$;
comment on function transcript.store_name(regclass) is
  'Schema and name of a table; null where it is gone.';

-- What a table must be to be attached: somebody's own plain table, in which a number names a row.
create or replace function transcript.check_store(
  messages regclass, session_column name, ordering_column name, data_column name, time_column name)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  relation pg_class;
  store_name constant text := transcript.store_name(messages);
  wanted record;
  found_type regtype;
begin
  select c.* into relation from pg_class c where c.oid = messages;
  if relation.relkind <> 'r' or relation.relispartition or relation.relpersistence = 't'
    or relation.relnamespace in ('pg_catalog'::regnamespace, 'transcript'::regnamespace)
    or exists (select from pg_inherits i where messages in (i.inhrelid, i.inhparent))
  then
    raise exception using errcode = 'TR062', message = format('%s cannot be attached', store_name),
      hint = 'name a plain table: not partitioned, inherited, temporary, a view, or one of the server or this schema';
  end if;
  if not pg_has_role(current_user, relation.relowner, 'usage') then
    raise exception using errcode = 'TR063', message = format('table %s belongs to another role', store_name),
      hint = 'attach it as its owner, who must be a member of transcript_owner, or as a superuser';
  end if;
  for wanted in
    select * from (values
      (session_column, null::regtype[], true),
      (ordering_column, '{smallint,integer,bigint}', true),
      (data_column, '{text,varchar,json,jsonb}', false),
      (nullif(time_column, ''), '{timestamp,timestamptz}', false)) w (name, types, is_required)
    where w.name is not null or w.types is null
  loop
    select a.atttypid into found_type from pg_attribute a
      where a.attrelid = messages and a.attname = wanted.name and a.attnum > 0 and not a.attisdropped
        and (a.attnotnull or not wanted.is_required);
    if not found or found_type <> all (coalesce(wanted.types, array[found_type])) then
      raise exception using errcode = 'TR061',
        message = format('table %s has no column %I that can be used', store_name, wanted.name),
        hint = format('name the columns: session_column (not null), ordering_column (an integer, not null), data_column (text or json), time_column (a timestamp, or '''' for none)');
    end if;
  end loop;
  if not exists (select from transcript.store_keys(messages, session_column, ordering_column)) then
    raise exception using errcode = 'TR062',
      message = format('table %s has no unique index on %I, or on %I and %I', store_name, ordering_column, session_column, ordering_column),
      hint = 'create one: each row must have a number of its own';
  end if;
end
$$;
comment on function transcript.check_store(regclass, name, name, name, name) is
  'Refuses what cannot be attached. TR061: a column is missing or of the wrong type. TR062: no plain table, or nothing numbers its rows. TR063: the table is another''s.';

create or replace function transcript.store_keys(messages regclass, session_column name, ordering_column name)
  returns table (by_session boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select k.names <> array[ordering_column]
  from pg_index i
  cross join lateral (
    select array_agg(a.attname order by a.attname) as names
    from unnest(i.indkey[0:i.indnkeyatts - 1]) n (attnum)
    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = n.attnum
  ) k
  where i.indrelid = messages and i.indisunique and i.indisvalid and i.indisready and i.indpred is null
    and i.indimmediate
    and k.names in (array[ordering_column], array[least(session_column, ordering_column), greatest(session_column, ordering_column)])
  order by 1
  limit 1
$$;
comment on function transcript.store_keys(regclass, name, name) is
  'Whether a row''s number is unique within its session only; no row where it is not unique at all.';

-- Arguments: messages, the table with one row per item; tenant, whose history it is; format, of the items;
-- the columns; prefix, what a session's id gets before it as the id of its conversation; strict, true to
-- fail the framework's write where an item cannot be projected.
create or replace function transcript.attach(
  messages regclass, tenant text, format text default 'openai-agents', session_column name default 'session_id',
  ordering_column name default 'id', data_column name default 'message_data', time_column name default 'created_at',
  prefix text default '', strict boolean default false)
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
      ordering_column, data_column, time_column, by_session, is_strict)
    values (tenant, messages, transcript.store_name(messages), coalesce(prefix, ''),
      (select f.format from transcript.formats() f where f.format = attach.format or attach.format = any (f.aliases) limit 1),
      session_column, ordering_column, data_column, nullif(time_column, ''),
      (select k.by_session from transcript.store_keys(messages, session_column, ordering_column) k), coalesce(strict, false))
    on conflict on constraint attached_stores_messages_key do update
      set tenant_id = excluded.tenant_id, name = excluded.name, prefix = excluded.prefix, format = excluded.format,
        session_column = excluded.session_column, ordering_column = excluded.ordering_column,
        data_column = excluded.data_column, time_column = excluded.time_column, by_session = excluded.by_session,
        is_strict = excluded.is_strict
    returning * into store;
  insert into transcript.fingerprint_keys (store_id) values (store.store_id) on conflict (store_id) do nothing;
  perform transcript.make_store_trigger(store);
  perform transcript.grant_store(messages, session_column);
  for trigger_of in select * from transcript.store_triggers(store.store_id) loop
    execute pg_catalog.format('drop trigger if exists %I on %s', trigger_of.name, messages);
    execute pg_catalog.format(trigger_of.statement, messages);
  end loop;
  return store.store_id;
exception when not_null_violation then
  raise exception using errcode = 'TR011', message = pg_catalog.format('format %L is not known', format),
    hint = 'select * from transcript.formats() lists them';
end
$$;
comment on function transcript.attach(regclass, text, text, name, name, name, name, text, boolean) is
  'Attaches a session store: what is written to it from now on is appended in the same transaction, when that commits. Run it as the owner of the table and a member of transcript_owner. TR011: unknown format. TR060: table or tenant is missing. TR061 to TR063: the table cannot be attached. TR065: prefix is taken.';

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

-- The table that a session's id refers to, where the framework has one.
create or replace function transcript.store_parent(messages regclass, session_column name)
  returns table (parent regclass, key_column name)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select k.confrelid::regclass, p.attname
  from pg_constraint k
  join pg_attribute a on a.attrelid = k.conrelid and k.conkey = array[a.attnum]
  join pg_attribute p on p.attrelid = k.confrelid and k.confkey = array[p.attnum]
  where k.conrelid = messages and k.contype = 'f' and a.attname = session_column
  limit 1
$$;
comment on function transcript.store_parent(regclass, name) is
  'The table of sessions that a table of items refers to, and its key.';

-- What the log's owner needs: to read rows again when they are projected, compared or counted, and to
-- remove them (transcript.prune_store).
create or replace function transcript.grant_store(messages regclass, session_column name) returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  related record;
begin
  execute format('grant usage on schema %s to transcript_owner',
    (select c.relnamespace::regnamespace from pg_class c where c.oid = messages));
  for related in
    select messages as relation, session_column as column_name
    union all
    select p.parent, p.key_column from transcript.store_parent(messages, session_column) p
  loop
    -- The right to update one column is what locking a row takes.
    execute format('grant select, delete, update (%I) on %s to transcript_owner', related.column_name, related.relation);
    if (select c.relrowsecurity from pg_class c where c.oid = related.relation) then
      execute format('drop policy if exists transcript_reads on %s', related.relation);
      execute format('create policy transcript_reads on %s to transcript_owner using (true)', related.relation);
    end if;
  end loop;
end
$$;
comment on function transcript.grant_store(regclass, name) is
  'Grants the log''s owner what projection and pruning need of a session store.';

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
    transcript.store_is_whole(s.messages) as is_attached, transcript.store_lag(s.store_id) as lag,
    (select count(*) from transcript.rejected r where r.tenant_id = s.tenant_id and r.source = s.name) as failures,
    (select max(r.last_attempt_at) from transcript.rejected r where r.tenant_id = s.tenant_id and r.source = s.name)
      as last_failure_at
  from transcript.attached_stores s
  where s.tenant_id = transcript.tenant();
comment on view transcript.session_stores is
  'the attached session stores of the tenant: whether their triggers are there, how many rows are not in the log (lag), how many are dead letters (failures)';
comment on column transcript.session_stores.is_attached is 'false: a trigger is missing or disabled; attach the table again';
comment on column transcript.session_stores.lag is 'rows of the table that are not in the log: written before it was attached, or not projected; null: it cannot be read';
comment on column transcript.session_stores.failures is 'dead letters in rejected; transcript.retry_rejected() sends them again';

revoke all on function transcript.store_name(regclass), transcript.check_store(regclass, name, name, name, name),
  transcript.store_keys(regclass, name, name),
  transcript.attach(regclass, text, text, name, name, name, name, text, boolean),
  transcript.store_triggers(integer), transcript.store_parent(regclass, name),
  transcript.grant_store(regclass, name), transcript.forget_store(integer), transcript.detach(regclass),
  transcript.store_lag(integer), transcript.store_is_whole(regclass) from public;
grant select on transcript.session_stores to transcript_auditor;
grant execute on function transcript.tenant(), transcript.store_lag(integer), transcript.store_is_whole(regclass)
  to transcript_auditor;

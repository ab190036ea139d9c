-- The triggers of an attached store. All run with the owner's rights: the framework's login needs none in
-- this schema.
--
-- A framework's driver sends one INSERT per item, and an append costs most per batch. So rows are projected
-- when the transaction commits: by then all are there, and the first row's trigger takes them together. Each
-- row still has its own deferred call, which goes away with its savepoint and looks for itself in the list
-- of rows that were taken; where the list was lost, the row is appended again, which changes nothing.
-- What is removed or changed is projected by the statement: afterwards it could not be read any more.
set local role transcript_owner;

create or replace function transcript.store_function(store_id integer) returns text
  language sql immutable parallel safe
  return pg_catalog.format('store_%s_written', store_id);
comment on function transcript.store_function(integer) is
  'Name of the trigger function of a session store, and of the setting with what it took in this transaction.';

-- The trigger function of one store, with its table and columns as plain SQL, so that plans are kept.
create or replace function transcript.make_store_trigger(store transcript.attached_stores) returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  function_name constant text := transcript.store_function(store.store_id);
  -- %1$s: function; %2$s: store; %3$s: table; %4$I, %5$I: columns of the session and of the number.
  -- %9$s to %12$s: the numbers that are taken, of the whole store or by session.
  template constant text := $body$
declare
  this_transaction constant text := pg_current_xact_id()::text;
  taken constant text := current_setting('transcript.%1$s', true);
  seqscan text;
  known %9$s := '{}';
  items jsonb;
  numbers int8multirange;
  store transcript.attached_stores;
begin
  if split_part(taken, ' ', 1) = this_transaction then
    known := substr(taken, length(this_transaction) + 2)::%9$s;
    if new.%5$I::bigint <@ %10$s then
      return null;
    end if;
  end if;
  select s.* into store from transcript.attached_stores s where s.store_id = %2$s;
  if not found then
    return null;
  end if;
  -- By the index on the numbers, however few rows the table had when this was planned.
  seqscan := current_setting('enable_seqscan');
  perform set_config('enable_seqscan', 'off', true);
  select jsonb_agg(r.item order by r.number), range_agg(int8range(r.number, r.number, '[]')) into items, numbers
    from (
      -- The limit is for a row that is written with an old number.
      select t.xmin as writer, t.%4$I as session, t.%5$I::bigint as number, %6$s as item
      from only %3$s t
      where %12$st.%5$I >= new.%5$I
      order by t.%5$I limit 10000
    ) r
    where r.writer = this_transaction::xid8::xid or r.session = new.%4$I;
  perform set_config('enable_seqscan', seqscan, true);
  if not coalesce(new.%5$I::bigint <@ numbers, false) then
    -- Removed since, or hidden from us.
    items := jsonb_build_array(%7$s);
    numbers := int8multirange(int8range(new.%5$I, new.%5$I, '[]'));
  end if;
  perform transcript.project_store_items(store, items, store.format, 'report');
  perform set_config('transcript.%1$s', this_transaction || ' ' || %11$s, true);
  return null;
exception when query_canceled or others then
  if %8$L then
    raise;
  end if;
  -- The table or a column has another name now, or may not be read any more.
  perform transcript.keep_store_items(s, jsonb_build_array(to_jsonb(new)), s.format, sqlstate)
    from transcript.attached_stores s where s.store_id = %2$s;
  return null;
end
$body$;
begin
  execute format('create or replace function transcript.%I() returns trigger language plpgsql volatile
      security definer set search_path = pg_catalog, pg_temp as %L', function_name,
    format(template, function_name, store.store_id, store.messages, store.session_column,
      store.ordering_column, transcript.store_item(store, 't'), transcript.store_item(store, 'new'),
      store.is_strict,
      case when store.by_session then 'jsonb' else 'int8multirange' end,
      case when store.by_session
        then format('coalesce(known ->> new.%I::text, ''{}'')::int8multirange', store.session_column)
        else 'known' end,
      case when store.by_session
        then format('(known || jsonb_build_object(new.%1$I::text, coalesce(known ->> new.%1$I::text, ''{}'')::int8multirange + numbers))::text',
          store.session_column)
        else '(known + numbers)::text' end,
      case when store.by_session then format('t.%1$I = new.%1$I and ', store.session_column) else '' end));
  execute format('comment on function transcript.%I() is %L', function_name,
    format('Trigger of session store %s: projects what a transaction wrote, when it commits.', store.name));
  execute format('revoke all on function transcript.%I() from public', function_name);
  execute format('alter function transcript.%I() owner to transcript_owner', function_name);
end
$$;
comment on function transcript.make_store_trigger(transcript.attached_stores) is
  'Makes the trigger function of a session store for its table and columns.';

create or replace function transcript.column_type(relation regclass, column_name name) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select format_type(a.atttypid, null) from pg_attribute a where a.attrelid = relation and a.attname = column_name
$$;
comment on function transcript.column_type(regclass, name) is
  'The type of a column, as it is written in a statement.';

create or replace function transcript.session_store_updated() returns trigger
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  store transcript.attached_stores;
  items jsonb;
begin
  select s.* into store from transcript.attached_stores s where s.messages = tg_relid;
  if not found then
    return null;
  end if;
  -- A row with another number or in another session is another row: the old one is gone.
  for items in execute format(
    'select jsonb_agg(jsonb_build_object(''session'', o.%1$I::text, ''id'', o.%2$I, ''fingerprint'', %3$s)) from old_rows o
       where not exists (select from new_rows n where n.%1$I = o.%1$I and n.%2$I = o.%2$I) having count(*) > 0',
    store.session_column, store.ordering_column, transcript.store_fingerprint(store, 'o'))
  loop
    perform transcript.project_removed_rows(store, items);
  end loop;
  for items in execute format(
    'select jsonb_agg(c.item order by c.number) from (
       select %1$s as item, n.%2$I as number, (row_number() over (order by n.%2$I) - 1) / 10000 as part
       from new_rows n
       where not exists (select from old_rows o
         where o.%2$I = n.%2$I and o.%3$I = n.%3$I and o.%4$I::text is not distinct from n.%4$I::text)) c
     group by c.part order by c.part',
    transcript.store_item(store, 'n'), store.ordering_column, store.session_column, store.data_column)
  loop
    perform transcript.project_store_items(store, items, store.format, 'merge');
  end loop;
  return null;
exception when query_canceled or others then
  if store.is_strict then
    raise;
  end if;
  perform transcript.keep_unread(store, sqlstate, tg_op);
  return null;
end
$$;
comment on function transcript.session_store_updated() is
  'Trigger of attached session stores: merges what a statement changed.';

-- What a statement did could not even be read: the table or a column has another name now.
create or replace function transcript.keep_unread(store transcript.attached_stores, problem text, operation text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
begin
  perform set_config('transcript.tenant', store.tenant_id, true), set_config('transcript.user_id', '', true);
  perform transcript.keep_rejected(store.tenant_id, null, null, store.name, null, null, store.format,
    format('%s: %s of the session store was not projected; attach it again', problem, lower(operation)), null, null);
  perform set_config('transcript.tenant', coalesce(tenant_before, ''), true),
    set_config('transcript.user_id', coalesce(user_before, ''), true);
exception when query_canceled or others then
  raise warning using errcode = sqlstate,
    message = pg_catalog.format('%s of session store %s could be neither projected nor kept', lower(operation), store.name);
end
$$;
comment on function transcript.keep_unread(transcript.attached_stores, text, text) is
  'Writes a statement on a session store as a dead letter without content; a warning when that fails.';

revoke all on function transcript.make_store_trigger(transcript.attached_stores), transcript.store_function(integer),
  transcript.column_type(regclass, name), transcript.session_store_updated(),
  transcript.keep_unread(transcript.attached_stores, text, text) from public;

-- Those that are attached already get what this file says now.
do $$
declare
  store transcript.attached_stores;
begin
  for store in
    select s.* from transcript.attached_stores s where exists (select from pg_catalog.pg_class c where c.oid = s.messages)
  loop
    perform transcript.make_store_trigger(store);
  end loop;
end
$$;

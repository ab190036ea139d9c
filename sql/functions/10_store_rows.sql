-- Rows of an attached store, as items to append. The framework's write comes first: what cannot be
-- projected becomes a dead letter, unless the store is strict. Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

-- Without a zone a time is taken as UTC, whatever the session's zone is.
create or replace function transcript.store_time(store transcript.attached_stores, source text) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case
    when store.time_column is null then 'null::timestamptz'
    when (select a.atttypid from pg_attribute a
        where a.attrelid = store.messages and a.attname = store.time_column) = 'timestamp'::regtype
      then format('%s.%I at time zone ''UTC''', source, store.time_column)
    else format('%s.%I', source, store.time_column)
  end
$$;
comment on function transcript.store_time(transcript.attached_stores, text) is
  'The expression that gives the time of a row of the store, to compare it.';

-- Its time is part of it: the framework orders its items by it. secret, an expression that gives the
-- store's key where a query has it: what looks it up keeps a scan from being parallel.
create or replace function transcript.store_fingerprint(
  store transcript.attached_stores, source text, secret text default null) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select format('transcript.fingerprint(%1$s.%2$I::bigint, %3$s, %1$s.%4$I::text, %5$s)',
    source, store.ordering_column, transcript.store_time(store, source), store.data_column,
    coalesce(secret, format('(select k.secret from transcript.fingerprint_keys k where k.store_id = %s)', store.store_id)))
$$;
comment on function transcript.store_fingerprint(transcript.attached_stores, text, text) is
  'The expression that makes the fingerprint of a row of the store.';

-- The item of one row, written for the columns that the table has: `source` is what the row goes by in the
-- statement that this becomes a part of.
create or replace function transcript.store_item(store transcript.attached_stores, source text) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select format('jsonb_build_object(''session_id'', %4$L || %1$s.%2$I::text, ''id'', %1$s.%3$I, ''message_data'', %1$s.%5$I::text, ''fingerprint'', %7$s%6$s)',
    source, store.session_column, store.ordering_column, store.prefix, store.data_column,
    -- Without a zone it is the local time of the session that wrote it.
    case when store.time_column is not null then format(
      ', ''created_at'', case when isfinite(%1$s.%2$I) then %1$s.%2$I::timestamptz end', source, store.time_column)
    else '' end, transcript.store_fingerprint(store, source))
$$;
comment on function transcript.store_item(transcript.attached_stores, text) is
  'The expression that makes an item of a row of the store.';

-- How long a projection waits for a lock before its rows become dead letters: somebody else's long
-- transaction must not hold up the framework.
create or replace function transcript.store_patience() returns text
  language sql immutable parallel safe
  return '2s'::text;
comment on function transcript.store_patience() is
  'lock_timeout of a projection that may not fail, where the session has none of its own.';

create or replace function transcript.append_store_batch(
  store transcript.attached_stores, batch jsonb, items jsonb, format text, on_conflict text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  verdict record;
begin
  for verdict in
    select a.index, a.status, a.reason
    from unnest(transcript.append_batch(batch, format, on_conflict, store.store_id,
      array(select (i ->> 'id')::bigint from jsonb_array_elements(items) with ordinality e (i, n) order by n),
      array(select (i ->> 'fingerprint')::bigint from jsonb_array_elements(items) with ordinality e (i, n) order by n))) a
    where a.status in ('rejected', 'conflict')
  loop
    if store.is_strict then
      raise exception using errcode = 'TR064',
        message = pg_catalog.format('a row of session store %s cannot be projected: %s', store.name, verdict.reason),
        hint = 'attach the store again without strict to have such rows kept in transcript.rejected';
    end if;
    if verdict.status = 'conflict' then
      -- append leaves a line in the audit log; nobody is there to read the verdict.
      perform transcript.keep_store_item(store, items -> verdict.index, format, verdict.reason);
    end if;
  end loop;
end
$$;
comment on function transcript.append_store_batch(transcript.attached_stores, jsonb, jsonb, text, text) is
  'Appends a batch, made of these items of a session store, and keeps its conflicts. TR064: a row cannot be projected, and the store is strict.';

-- Formats whose items are rows, as transcript.store_item makes them; those of native are events.
create or replace function transcript.takes_rows(format text) returns boolean
  language sql immutable parallel safe
  return format in ('openai-agents', 'native');
comment on function transcript.takes_rows(text) is
  'Whether a row of a session store is an item of that format; of other formats its data is.';

create or replace function transcript.store_batch(store transcript.attached_stores, items jsonb, format text)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case when transcript.takes_rows(format) then
    -- The fingerprint is no member of an item.
    jsonb_build_object('source', store.name, 'items',
      (select jsonb_agg(i - 'fingerprint' order by n) from jsonb_array_elements(items) with ordinality e (i, n)))
    else jsonb_build_object('source', store.name, 'conversation', items -> 0 -> 'session_id',
      'sequence', items -> 0 -> 'id', 'items', jsonb_build_array(transcript.parse(items -> 0 ->> 'message_data'))) end
$$;
comment on function transcript.store_batch(transcript.attached_stores, jsonb, text) is
  'The batch to append for rows of a session store; of formats that know no rows, for one.';

create or replace function transcript.append_store_items(
  store transcript.attached_stores, items jsonb, format text, on_conflict text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  item jsonb;
begin
  if transcript.takes_rows(format) then
    perform transcript.append_store_batch(
      store, transcript.store_batch(store, items, format), items, format, on_conflict);
    return;
  end if;
  for item in select jsonb_build_array(i) from jsonb_array_elements(items) with ordinality e (i, n) order by n loop
    perform transcript.append_store_batch(
      store, transcript.store_batch(store, item, format), item, format, on_conflict);
  end loop;
end
$$;
comment on function transcript.append_store_items(transcript.attached_stores, jsonb, text, text) is
  'Appends rows of a session store. TR064: one cannot be projected, and the store is strict.';

-- A dead letter of a store, sent again as what the store's projection would append now. Of a row that is
-- still there the row counts: it may have been changed since. A removal is taken off what the log has of it.
create or replace function transcript.retry_store_letter(letter transcript.rejected) returns transcript.verdict
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  store transcript.attached_stores;
  item jsonb;
  fingerprint bigint;
begin
  select s.* into store from transcript.attached_stores s
    where s.tenant_id = letter.tenant_id and s.name = letter.source;
  if not found or transcript.store_name(store.messages) is null then
    return null;
  end if;
  if letter.format = 'native' and store.format <> 'native' then
    item := transcript.parse(letter.raw);
    select bit_xor(e.fingerprint # transcript.place(e.seq, e.payload)) into fingerprint
      from transcript.events e
      where e.conversation_id = transcript.conversation_id(letter.tenant_id, item ->> 'conversation')
        and e.store_id = store.store_id and e.store_row <@ transcript.removed_rows(item -> 'payload');
  elsif letter.line is not null then
    execute format('select %s from only %s t where t.%I = $1 and %L || t.%I::text = $2', transcript.store_item(store, 't'),
        store.messages, store.ordering_column, store.prefix, store.session_column)
      into item using letter.line, letter.conversation;
    fingerprint := (item ->> 'fingerprint')::bigint;
  end if;
  if fingerprint is null then
    return null;
  end if;
  return (transcript.append_batch(transcript.store_batch(store, jsonb_build_array(item), letter.format),
    letter.format, 'report', store.store_id, array[letter.line], array[fingerprint]))[1];
end
$$;
comment on function transcript.retry_store_letter(transcript.rejected) is
  'Appends what a dead letter of a session store was made of; null where there is no such store or row, or nothing of a removal.';

-- A letter that retry_rejected can send again. Of what is not JSON only the text is kept.
create or replace function transcript.keep_store_item(
  store transcript.attached_stores, item jsonb, format text, reason text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  is_row constant boolean := transcript.takes_rows(format);
  content jsonb;
  is_json boolean := true;
begin
  begin
    content := transcript.redacted(
      case when is_row then item - 'fingerprint' else transcript.parse(item ->> 'message_data') end, store.tenant_id);
  exception when others then
    is_json := false;
  end;
  perform transcript.keep_rejected(store.tenant_id, null, coalesce(item ->> 'session_id', item ->> 'conversation'),
    store.name, case when jsonb_typeof(item -> 'id') = 'number' then (item ->> 'id')::bigint end,
    case when is_json then 0 end, format, reason,
    case when not is_row then jsonb_build_object('conversation', item -> 'session_id', 'sequence', item -> 'id') end,
    case when is_json then transcript.unparse(content) else coalesce(item ->> 'message_data', (item - 'fingerprint')::text) end);
end
$$;
comment on function transcript.keep_store_item(transcript.attached_stores, jsonb, text, text) is
  'Writes one row of a session store as a dead letter.';

create or replace function transcript.keep_store_items(
  store transcript.attached_stores, items jsonb, format text, problem text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  item jsonb;
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
begin
  perform set_config('transcript.tenant', store.tenant_id, true), set_config('transcript.user_id', '', true);
  for item in select i from jsonb_array_elements(items) e (i) loop
    -- Only the code: a message may have content.
    perform transcript.keep_store_item(store, item, format, problem || ': a row of the session store was not projected');
  end loop;
  perform set_config('transcript.tenant', coalesce(tenant_before, ''), true),
    set_config('transcript.user_id', coalesce(user_before, ''), true);
exception when query_canceled or others then
  -- The rows are where the framework put them: transcript.session_stores counts them as lag.
  raise warning using errcode = sqlstate,
    message = pg_catalog.format('what was written to session store %s could be neither projected nor kept', store.name);
end
$$;
comment on function transcript.keep_store_items(transcript.attached_stores, jsonb, text, text) is
  'Writes rows of a session store as dead letters; a warning when that fails as well.';

create or replace function transcript.project_store_items(
  store transcript.attached_stores, items jsonb, format text, on_conflict text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
  timeout_before constant text := current_setting('lock_timeout');
  item jsonb;
begin
  perform set_config('transcript.tenant', store.tenant_id, true), set_config('transcript.user_id', '', true);
  if store.is_strict then
    perform transcript.append_store_items(store, items, format, on_conflict);
  else
    if timeout_before = '0' then
      perform set_config('lock_timeout', transcript.store_patience(), true);
    end if;
    begin
      perform transcript.append_store_items(store, items, format, on_conflict);
    exception when query_canceled or others then
      if jsonb_array_length(items) > 1 and sqlstate ~ '^(22|54|0A|TR)' then
        -- One of them is at fault: its siblings go in without it.
        for item in select i from jsonb_array_elements(items) with ordinality e (i, n) order by n loop
          begin
            perform transcript.append_store_items(store, jsonb_build_array(item), format, on_conflict);
          exception when query_canceled or others then
            perform transcript.keep_store_items(store, jsonb_build_array(item), format, sqlstate);
          end;
        end loop;
      else
        perform transcript.keep_store_items(store, items, format, sqlstate);
      end if;
    end;
    perform set_config('lock_timeout', timeout_before, true);
  end if;
  perform set_config('transcript.tenant', coalesce(tenant_before, ''), true),
    set_config('transcript.user_id', coalesce(user_before, ''), true);
end
$$;
comment on function transcript.project_store_items(transcript.attached_stores, jsonb, text, text) is
  'Appends rows of a session store as its tenant; what fails becomes dead letters, valid siblings go in. TR064: one cannot be projected, and the store is strict.';

revoke all on function transcript.store_time(transcript.attached_stores, text),
  transcript.store_fingerprint(transcript.attached_stores, text, text),
  transcript.store_item(transcript.attached_stores, text), transcript.store_patience(),
  transcript.append_store_batch(transcript.attached_stores, jsonb, jsonb, text, text),
  transcript.takes_rows(text), transcript.store_batch(transcript.attached_stores, jsonb, text),
  transcript.append_store_items(transcript.attached_stores, jsonb, text, text),
  transcript.retry_store_letter(transcript.rejected),
  transcript.keep_store_item(transcript.attached_stores, jsonb, text, text),
  transcript.keep_store_items(transcript.attached_stores, jsonb, text, text),
  transcript.project_store_items(transcript.attached_stores, jsonb, text, text) from public;

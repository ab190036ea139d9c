-- Pruning: a framework's own tables need only what it still reads. The log keeps everything; what is not in
-- it is never removed, and what is removed becomes an event of kind store_pruned.
set local role transcript_owner;

-- The numbers of a session's rows that may go. Arguments: keep, how many of the newest stay; null: none.
-- No call is parted from its result, nor from the reasoning before it: rather more rows stay.
create or replace function transcript.prunable_rows(store transcript.attached_stores, session text, keep integer)
  returns bigint[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set jit = off
as $$
declare
  numbers bigint[];
  kinds text[];
  calls_at bigint[];
  answers_at bigint[];
  not_logged_at bigint;
  cut bigint;
  cut_before bigint;
begin
  execute format($query$
    with logged as (
      select distinct on (e.sequence) e.sequence, e.kind,
        e.calls || case when e.kind = 'approval_request' then e.tool_call_id end as calls,
        e.answers || case when e.kind = 'approval_response' then e.tool_call_id end as answers
      from transcript.events e
      where e.conversation_id = transcript.conversation_id($1, $2 || $3) and e.sequence is not null
      order by e.sequence, e.seq desc
    ),
    item as (
      select t.%1$I::bigint as number, l.kind, l.calls, l.answers, row_number() over (order by %2$s t.%1$I) as place,
        -- What retention took from the log since was there.
        l.sequence is not null or %3$s as is_logged
      from only %4$s t
      left join logged l on l.sequence = t.%1$I
      where t.%5$I = $3::%6$s
    ),
    pair as (
      select made.place as call_at, brought.place as answer_at
      from (select i.place, c.id from item i, unnest(i.calls) c (id)) made
      join (select i.place, c.id from item i, unnest(i.answers) c (id)) brought using (id)
      where brought.place > made.place
    )
    select array_agg(i.number order by i.place), array_agg(coalesce(i.kind, '') order by i.place),
      min(i.place) filter (where not i.is_logged),
      (select array_agg(p.call_at order by p.call_at, p.answer_at) from pair p),
      (select array_agg(p.answer_at order by p.call_at, p.answer_at) from pair p)
    from item i$query$,
    store.ordering_column, case when store.time_column is not null then format('t.%I,', store.time_column) else '' end,
    case when store.time_column is not null then format(
      'coalesce(t.%I >= $4 and t.%1$I < (
         select max(p.upper_bound) from transcript.purge_log p where p.parent = ''events'' and p.result = ''done''), false)',
      store.time_column) else 'false' end,
    store.messages, store.session_column, transcript.column_type(store.messages, store.session_column))
    into numbers, kinds, not_logged_at, calls_at, answers_at
    using store.tenant_id, store.prefix, session, store.attached_at;
  cut := greatest(coalesce(cardinality(numbers), 0) - coalesce(keep, 0), 0);
  if not_logged_at is not null then
    cut := case when keep is null then 0 else least(cut, not_logged_at - 1) end;
  end if;
  loop
    cut_before := cut;
    cut := least(cut, (
      select min(p.call_at) - 1 from unnest(calls_at, answers_at) p (call_at, answer_at)
      where p.call_at <= cut and p.answer_at > cut));
    while cut between 1 and cardinality(numbers) - 1 and kinds[cut] = 'reasoning' loop
      cut := cut - 1;
    end loop;
    exit when cut = cut_before;
  end loop;
  return numbers[1:cut];
end
$$;
comment on function transcript.prunable_rows(transcript.attached_stores, text, integer) is
  'The numbers of a session''s oldest rows that are in the log and may be removed from the framework''s table.';

-- The sessions worth looking at: too many rows, or idle.
create or replace function transcript.prunable_sessions(
  store transcript.attached_stores, keep integer, idle interval, max_sessions integer)
  returns table (session text, is_idle boolean)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format($query$
    select c.session::text, c.is_idle
    from (
      select t.%1$I as session, count(*) as rows, %2$s as is_idle
      from only %3$s t group by t.%1$I
    ) c
    where c.rows > $1 or c.is_idle
    order by 2 desc, c.rows desc, 1
    limit $3$query$,
    store.session_column,
    case when store.time_column is null then 'false'
      else format('coalesce(max(t.%I) < clock_timestamp() - $2, false)', store.time_column) end,
    store.messages)
    using keep, idle, max_sessions;
end
$$;
comment on function transcript.prunable_sessions(transcript.attached_stores, integer, interval, integer) is
  'Sessions of a store with more than keep rows, or without a row for longer than idle; idle ones first.';

-- Takes the part in the framework's own locking: nobody appends to the session until the transaction ends.
create or replace function transcript.lock_session(store transcript.attached_stores, session text) returns boolean
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  of record;
  is_locked boolean := true;
begin
  for of in select p.parent, p.key_column from transcript.store_parent(store.messages, store.session_column) p loop
    execute format('select exists (select from only %1$s p where p.%2$I = $1::%3$s for update skip locked)',
      of.parent, of.key_column, transcript.column_type(of.parent, of.key_column))
      into is_locked using session;
  end loop;
  return is_locked;
end
$$;
comment on function transcript.lock_session(transcript.attached_stores, text) is
  'Locks the row of a session where the framework has one; false where somebody else is at it.';

create or replace function transcript.remove_session_rows(
  store transcript.attached_stores, removed jsonb, emptied text[])
  returns bigint
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  of record;
  rows bigint;
begin
  execute format('delete from only %1$s t using jsonb_to_recordset($1) r (session text, number bigint)
      where t.%2$I = r.session::%3$s and t.%4$I = r.number',
    store.messages, store.session_column, transcript.column_type(store.messages, store.session_column),
    store.ordering_column)
    using removed;
  get diagnostics rows = row_count;
  for of in select p.parent, p.key_column from transcript.store_parent(store.messages, store.session_column) p loop
    execute format('delete from only %1$s p where p.%2$I = any ($1::%3$s[])
        and not exists (select from only %4$s t where t.%5$I = p.%2$I)',
      of.parent, of.key_column, transcript.column_type(of.parent, of.key_column), store.messages, store.session_column)
      using emptied;
  end loop;
  return rows;
end
$$;
comment on function transcript.remove_session_rows(transcript.attached_stores, jsonb, text[]) is
  'Deletes rows of a session store, and the sessions that are empty then.';

-- Arguments: messages, an attached table, or null for all; keep, how many of a session's newest rows stay,
-- or null to trim none; idle, sessions without a row for longer go whole, or null; max_sessions, at most so
-- many of each table; dry_run, true to remove nothing and say what would be.
create or replace function transcript.prune_store(
  messages regclass default null, keep integer default 200, idle interval default '7 days',
  max_sessions integer default 1000, dry_run boolean default false)
  returns table (
    name text, sessions_trimmed bigint, sessions_removed bigint, sessions_left bigint, rows_removed bigint,
    problem text)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
  store transcript.attached_stores;
  candidate record;
  numbers bigint[];
  removed jsonb;
  emptied text[];
begin
  if keep < 1 or idle <= interval '0' or max_sessions is null or max_sessions < 1 then
    raise exception using errcode = 'TR066', message = 'keep, idle and max_sessions must be positive',
      hint = 'say null for keep or idle to do without it';
  end if;
  if messages is not null and not exists (select from transcript.attached_stores s where s.messages = prune_store.messages) then
    raise exception using errcode = 'TR060', message = format('table %s is not attached', messages),
      hint = 'attach it first: what is not in the log is not removed';
  end if;
  for store in
    select s.* from transcript.attached_stores s
    where prune_store.messages is null or s.messages = prune_store.messages
    order by s.store_id
  loop
    name := store.name;
    sessions_trimmed := 0;
    sessions_removed := 0;
    sessions_left := 0;
    rows_removed := 0;
    problem := case when not store.is_live then 'its triggers would tell the log what is removed: attach the table live'
      when not transcript.store_is_whole(store.messages) then 'a trigger is missing or disabled: attach the table again' end;
    removed := '[]';
    emptied := '{}';
    if problem is null then
      perform set_config('transcript.tenant', store.tenant_id, true), set_config('transcript.user_id', '', true),
        set_config('transcript.store_pruning', pg_current_xact_id()::text, true);
      for candidate in select * from transcript.prunable_sessions(store, keep, idle, max_sessions) loop
        numbers := '{}';
        if dry_run or transcript.lock_session(store, candidate.session) then
          -- Looked at again, now that it is locked.
          numbers := transcript.prunable_rows(store, candidate.session, case when not candidate.is_idle then keep end);
        end if;
        if coalesce(cardinality(numbers), 0) = 0 then
          sessions_left := sessions_left + 1;
          continue;
        end if;
        if candidate.is_idle then
          sessions_removed := sessions_removed + 1;
          emptied := emptied || candidate.session;
        else
          sessions_trimmed := sessions_trimmed + 1;
        end if;
        if dry_run then
          rows_removed := rows_removed + cardinality(numbers);
          continue;
        end if;
        removed := removed || (
          select jsonb_agg(jsonb_build_object('session', candidate.session, 'number', n)) from unnest(numbers) n);
        if jsonb_array_length(removed) > 10000 then
          rows_removed := rows_removed + transcript.remove_session_rows(store, removed, emptied);
          removed := '[]';
          emptied := '{}';
        end if;
      end loop;
      if removed <> '[]' then
        rows_removed := rows_removed + transcript.remove_session_rows(store, removed, emptied);
      end if;
      if not dry_run then
        insert into transcript.audit_log (tenant_id, action, detail)
          values (store.tenant_id, 'prune_store', jsonb_build_object('store', store.name, 'keep', keep, 'idle', idle,
            'sessions_trimmed', sessions_trimmed, 'sessions_removed', sessions_removed,
            'sessions_left', sessions_left, 'rows_removed', rows_removed));
      end if;
      perform set_config('transcript.store_pruning', '', true);
    end if;
    return next;
  end loop;
  perform set_config('transcript.tenant', coalesce(tenant_before, ''), true),
    set_config('transcript.user_id', coalesce(user_before, ''), true);
end
$$;
comment on function transcript.prune_store(regclass, integer, interval, integer, boolean) is
  'Removes from attached tables what the framework no longer reads, and only what is in the log: rows but the newest of each session, and idle sessions. sessions_left: somebody is at them, rows are not in the log, or calls wait for their results. TR060: the table is not attached. TR066: a limit is not positive.';

revoke all on function transcript.prunable_rows(transcript.attached_stores, text, integer),
  transcript.prunable_sessions(transcript.attached_stores, integer, interval, integer),
  transcript.lock_session(transcript.attached_stores, text),
  transcript.remove_session_rows(transcript.attached_stores, jsonb, text[]),
  transcript.prune_store(regclass, integer, interval, integer, boolean) from public;
grant execute on function transcript.prune_store(regclass, integer, interval, integer, boolean) to transcript_purger;

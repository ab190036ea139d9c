-- Whether what a session store holds is what the log holds.
set local role transcript_owner;

-- The sessions that could have changed since the last check: those whose conversation was written to,
-- those with rows that are new, and those with drift. A change that passes the store's triggers by, other
-- than a new row, is found by a full check only.
create or replace function transcript.touched_sessions(
  store transcript.attached_stores, last_check transcript.drift_checks)
  returns table (conversation_id uuid, session text)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set jit = off
as $$
begin
  return query execute format($query$
    with named as (
      select transcript.conversation_id($1, $2 || n.session) as conversation_id, n.session
      from (
        select distinct t.%1$I::text as session from only %2$s t where t.%3$I > $3
      ) n
    ),
    written as (
      -- Every append writes the row of its conversation. age() knows the order of transactions.
      select c.conversation_id, substr(c.external_id, length($2) + 1) as session, c.external_id
      from transcript.conversations c
      where age(c.xmin) <= age($4)
      union
      select c.conversation_id, substr(c.external_id, length($2) + 1), c.external_id
      from transcript.drift d
      join transcript.conversations c on c.conversation_id = d.conversation_id
      where d.store_id = $5
    )
    select n.conversation_id, n.session from named n
    union all
    select w.conversation_id,
      case when transcript.conversation_id($1, w.external_id) = w.conversation_id then w.session
        -- The id is hidden in the log: a row that is still there knows it.
        else (select t.%1$I::text from transcript.events e
          join only %2$s t on t.%3$I = e.store_row and transcript.conversation_id($1, $2 || t.%1$I::text) = w.conversation_id
          where e.conversation_id = w.conversation_id and e.store_id = $5 limit 1) end
    from written w
    where not exists (select from named n where n.conversation_id = w.conversation_id)
    union all
    select d.conversation_id, d.session from (
      select distinct d.conversation_id, d.session from transcript.drift d
      where d.store_id = $5 and not exists (select from transcript.conversations c where c.conversation_id = d.conversation_id)
    ) d
    where not exists (select from named n where n.conversation_id = d.conversation_id)$query$,
    store.session_column, store.messages, store.ordering_column)
    using store.tenant_id, store.prefix, last_check.settled_row, last_check.seen_from::xid, store.store_id;
end
$$;
comment on function transcript.touched_sessions(transcript.attached_stores, transcript.drift_checks) is
  'Sessions of a store that could differ now and did not at the last check.';

create or replace function transcript.check_drift(
  store transcript.attached_stores, one_session text, is_full boolean)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  set jit = off
as $$
declare
  began constant timestamptz := clock_timestamp();
  snapshot constant pg_snapshot := pg_current_snapshot();
  last_check transcript.drift_checks;
  conversations uuid[];
  sessions text[];
  differing_ids uuid[];
  differing_names text[];
  looked bigint;
  newest bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('transcript.drift', store.store_id));
  select c.* into last_check from transcript.drift_checks c where c.store_id = store.store_id;
  if one_session is not null then
    conversations := array[transcript.conversation_id(store.tenant_id, store.prefix || one_session)];
    sessions := array[one_session];
  elsif not is_full and found
    -- Older transactions than that cannot be told from each other.
    and age(last_check.seen_from::xid) < 1000000000
  then
    select coalesce(array_agg(t.conversation_id), '{}'), coalesce(array_agg(t.session), '{}')
      into conversations, sessions from transcript.touched_sessions(store, last_check) t;
  end if;
  execute format('select coalesce(max(t.%I), 0) from only %s t', store.ordering_column, store.messages) into newest;

  select * into differing_ids, differing_names, looked
    from transcript.differing_sessions(store, conversations, sessions);
  -- A session that had no rows has a name all the same: by now somebody may have written to it again.
  differing_names := array(
    select coalesce(d.session,
      case when transcript.conversation_id(store.tenant_id, c.external_id) = d.conversation_id
        then substr(c.external_id, length(store.prefix) + 1) end)
    from unnest(differing_ids, differing_names) with ordinality d (conversation_id, session, n)
    left join transcript.conversations c on c.conversation_id = d.conversation_id and d.session is null
    order by d.n);
  delete from transcript.drift d
    where d.store_id = store.store_id and (conversations is null or d.conversation_id = any (conversations));
  -- A thousand sessions at a time: their rows are held in memory.
  for part in 0 .. (cardinality(differing_ids) + 999) / 1000 - 1 loop
    insert into transcript.drift (store_id, conversation_id, kind, tenant_id, session, missing, extra, altered,
        reordered, duplicated)
      select store.store_id, r.conversation_id, r.kind, store.tenant_id,
        coalesce(transcript.redacted(to_jsonb(r.session), store.tenant_id) #>> '{}', r.known_as, ''), r.missing, r.extra, r.altered, r.reordered, r.duplicated
      from (
        select d.conversation_id, d.kind, d.session, min(c.external_id) as known_as,
          count(*) filter (where d.problem = 'missing') as missing,
          count(*) filter (where d.problem = 'extra') as extra,
          count(*) filter (where d.problem = 'altered') as altered,
          count(*) filter (where d.problem = 'reordered') as reordered,
          count(*) filter (where d.problem = 'duplicated') as duplicated
        from transcript.differing_rows(store, differing_ids[part * 1000 + 1 : part * 1000 + 1000],
          differing_names[part * 1000 + 1 : part * 1000 + 1000]) d
        left join transcript.conversations c on c.conversation_id = d.conversation_id
        group by d.conversation_id, d.kind, d.session
      ) r;
  end loop;

  insert into transcript.drift_checks as c (store_id, tenant_id, checked_at, full_at, duration, is_full,
      sessions_checked, sessions_drifted, missing, extra, altered, reordered, duplicated,
      seen_from, settled_row, newest_row, newest_from)
    select store.store_id, store.tenant_id, began,
      case when conversations is null then began else coalesce(last_check.full_at, '-infinity') end,
      clock_timestamp() - began, conversations is null, looked, d.sessions, d.missing, d.extra, d.altered,
      d.reordered, d.duplicated,
      -- Of one session the others are not known.
      case when one_session is null then pg_snapshot_xmin(snapshot) else coalesce(last_check.seen_from, '3') end,
      -- A number that the last check saw is settled when everybody who could have had a lower one is through.
      case when one_session is not null or last_check.newest_from > pg_snapshot_xmin(snapshot)
        then coalesce(last_check.settled_row, -9223372036854775808)
        else coalesce(last_check.newest_row, -9223372036854775808) end,
      case when one_session is not null or last_check.newest_from > pg_snapshot_xmin(snapshot)
        then coalesce(last_check.newest_row, -9223372036854775808) else newest end,
      case when one_session is not null or last_check.newest_from > pg_snapshot_xmin(snapshot)
        then coalesce(last_check.newest_from, '3') else pg_snapshot_xmax(snapshot) end
    from (
      select count(distinct d.conversation_id) as sessions, coalesce(sum(d.missing), 0) as missing,
        coalesce(sum(d.extra), 0) as extra, coalesce(sum(d.altered), 0) as altered,
        coalesce(sum(d.reordered), 0) as reordered, coalesce(sum(d.duplicated), 0) as duplicated
      from transcript.drift d where d.store_id = store.store_id
    ) d
    on conflict (store_id) do update
      set checked_at = excluded.checked_at, full_at = excluded.full_at, duration = excluded.duration,
        is_full = excluded.is_full, sessions_checked = excluded.sessions_checked,
        sessions_drifted = excluded.sessions_drifted, missing = excluded.missing, extra = excluded.extra,
        altered = excluded.altered, reordered = excluded.reordered, duplicated = excluded.duplicated,
        seen_from = excluded.seen_from, settled_row = excluded.settled_row, newest_row = excluded.newest_row,
        newest_from = excluded.newest_from;
end
$$;
comment on function transcript.check_drift(transcript.attached_stores, text, boolean) is
  'Compares a session store with the log and writes what it finds to drift and drift_checks.';

-- The stores to look at, one or all; each is looked at as its tenant.
create or replace function transcript.stores_of(messages regclass) returns setof transcript.attached_stores
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query select s.* from transcript.attached_stores s
    where (stores_of.messages is null or s.messages = stores_of.messages)
      and exists (select from pg_class c where c.oid = s.messages)
    order by s.store_id;
  if not found and stores_of.messages is not null then
    raise exception using errcode = 'TR067', message = format('table %s is not attached', stores_of.messages),
      hint = 'select transcript.attach(…) first; transcript.session_stores lists those that are';
  end if;
end
$$;
comment on function transcript.stores_of(regclass) is
  'An attached session store, or all. TR067: the table is not attached.';

-- Arguments: messages, the table of a session store, or null for all stores; session, one of its sessions;
-- is_full, true to compare every session and not only those that could have changed since the last check.
create or replace function transcript.drift(
  messages regclass default null, session text default null, is_full boolean default false)
  returns table (store text, session_id text, kind text, missing bigint, extra bigint, altered bigint,
    reordered bigint, duplicated bigint)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  one transcript.attached_stores;
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
begin
  for one in select * from transcript.stores_of(messages) loop
    perform transcript.act_as(one.tenant_id, '');
    perform transcript.check_drift(one, drift.session, is_full);
    return query
      select one.name, d.session, d.kind, d.missing, d.extra, d.altered, d.reordered, d.duplicated
      from transcript.drift d
      where d.store_id = one.store_id and (drift.session is null
        or d.conversation_id = transcript.conversation_id(one.tenant_id, one.prefix || drift.session))
      order by d.session, d.kind;
  end loop;
  perform transcript.act_as(tenant_before, user_before);
end
$$;
comment on function transcript.drift(regclass, text, boolean) is
  'Compares session stores with the log: per session and kind, how many items are missing from the log, extra in it, altered, reordered or duplicated. What retention purged and what was removed on record is no drift. Run it as a member of transcript_owner. TR067: the table is not attached.';

create or replace function transcript.drift_items(messages regclass, session text)
  returns table (store_row bigint, seq bigint, kind text, problem text)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  one transcript.attached_stores;
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
begin
  select * into one from transcript.stores_of(messages);
  perform transcript.act_as(one.tenant_id, '');
  return query
    select d.store_row, d.seq, d.kind, d.problem
    from transcript.differing_rows(one, array[transcript.conversation_id(one.tenant_id, one.prefix || drift_items.session)],
      array[drift_items.session]) d
    order by d.store_row, d.seq;
  perform transcript.act_as(tenant_before, user_before);
end
$$;
comment on function transcript.drift_items(regclass, text) is
  'The rows of one session that differ from the log, and the events: problem is missing, extra, altered, reordered or duplicated. TR067: the table is not attached.';

revoke all on function transcript.touched_sessions(transcript.attached_stores, transcript.drift_checks),
  transcript.check_drift(transcript.attached_stores, text, boolean), transcript.stores_of(regclass),
  transcript.drift(regclass, text, boolean), transcript.drift_items(regclass, text) from public;

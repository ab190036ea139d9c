-- Events for what a session store has and the log does not: rows that were there before the table was
-- attached, and rows whose event was lost. What is in the log keeps its seq.
set local role transcript_owner;

-- Arguments: sessions, not too many at once; is_replacing, true to write what the rows say over events
-- that say something else (their states go to the audit log).
create or replace function transcript.rebuild_sessions(
  store transcript.attached_stores, sessions text[], is_replacing boolean,
  out rows bigint, out added bigint, out replaced bigint)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  -- Planned while the log may still be empty.
  set enable_seqscan = off
  set jit = off
as $$
declare
  conversations constant uuid[] := array(
    select transcript.conversation_id(store.tenant_id, store.prefix || s.session)
    from unnest(sessions) with ordinality s (session, n) order by s.n);
  -- The log has nothing of these: there is no row to compare.
  unknown constant text[] := array(
    select s.session from unnest(conversations, sessions) s (conversation_id, session)
    -- One by one: joined, all events would be read.
    where (select true from transcript.events e
      where e.conversation_id = s.conversation_id and e.store_id = store.store_id limit 1) is null);
  differing record;
  items jsonb;
  events_before bigint;
begin
  rows := 0;
  replaced := 0;
  select coalesce(sum(c.event_count), 0) into events_before
    from transcript.conversations c where c.conversation_id = any (conversations);
  for differing in
    select false as is_known, true as is_whole, unknown as sessions, null::bigint[] as store_rows
      where cardinality(unknown) > 0
    union all
    (select d.seq is not null, false, array_agg(d.session), array_agg(d.store_row)
      from transcript.differing_rows(store,
        array(select k.id from unnest(conversations, sessions) k (id, session) where k.session <> all (unknown)),
        array(select k.session from unnest(sessions) k (session) where k.session <> all (unknown)), false) d
      where cardinality(unknown) < cardinality(sessions)
        and (d.problem = 'missing'
          or (is_replacing and (d.problem in ('altered', 'reordered') or (d.problem = 'duplicated' and d.seq is null))))
      group by 1
      order by 1)
  loop
    for items in execute format($query$
      select jsonb_agg(r.item order by r.session, r.store_row)
      from (
        select %4$s as item, t.%1$I as session, t.%2$I as store_row,
          (row_number() over (order by t.%1$I, t.%2$I) - 1) / 1000 as part
        from %6$s
      ) r
      group by r.part order by r.part$query$,
      store.session_column, store.ordering_column, store.messages, transcript.store_item(store, 't'),
      transcript.store_session_type(store),
      format(case when differing.is_whole then 'only %3$s t where t.%1$I = any ($1::%4$s[])'
        else 'unnest($1, $2) w (session, store_row) join only %3$s t on t.%1$I = w.session::%4$s and t.%2$I = w.store_row' end,
        store.session_column, store.ordering_column, store.messages, transcript.store_session_type(store)))
      using differing.sessions, differing.store_rows
    loop
      perform transcript.project_store_items(store, items, store.format,
        case when differing.is_known then 'merge' else 'report' end);
      rows := rows + jsonb_array_length(items);
      if differing.is_known then
        replaced := replaced + jsonb_array_length(items);
      end if;
    end loop;
  end loop;
  select coalesce(sum(c.event_count), 0) - events_before into added
    from transcript.conversations c where c.conversation_id = any (conversations);
end
$$;
comment on function transcript.rebuild_sessions(transcript.attached_stores, text[], boolean) is
  'Appends the rows of some sessions that have no event: rows that were sent, events that were added or replaced. A row that was in the log already, but not as one of the store, counts as sent only.';

-- The sessions that there is something to append for. Arguments: messages, the table of a session store, or
-- null for all; session, one of its sessions.
create or replace function transcript.rebuild_plan(messages regclass default null, session text default null)
  returns table (store_id integer, store text, sessions text[])
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  one transcript.attached_stores;
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
begin
  for one in select * from transcript.stores_of(messages) loop
    store_id := one.store_id;
    store := one.name;
    perform transcript.act_as(one.tenant_id, '');
    select array(select n from unnest(d.differing_names) n where n is not null order by n) into sessions
      from transcript.differing_sessions(one,
        case when rebuild_plan.session is not null
          then array[transcript.conversation_id(one.tenant_id, one.prefix || rebuild_plan.session)] end,
        case when rebuild_plan.session is not null then array[rebuild_plan.session] end) d;
    return next;
  end loop;
  perform transcript.act_as(tenant_before, user_before);
end
$$;
comment on function transcript.rebuild_plan(regclass, text) is
  'Per session store, the sessions that differ from the log and have rows. TR067: the table is not attached.';

-- One part of a plan: what it adds is kept when the rest is interrupted, and not looked at again.
create or replace function transcript.rebuild_part(store_id integer, sessions text[], is_replacing boolean)
  returns table (rows bigint, added bigint, replaced bigint)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  one transcript.attached_stores;
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
begin
  select s.* into one from transcript.attached_stores s where s.store_id = rebuild_part.store_id;
  perform transcript.act_as(one.tenant_id, '');
  return query select * from transcript.rebuild_sessions(one, sessions, is_replacing);
  perform transcript.act_as(tenant_before, user_before);
end
$$;
comment on function transcript.rebuild_part(integer, text[], boolean) is
  'Appends what some sessions of a store have and the log does not: rows that were sent, events that were added or replaced.';

create or replace function transcript.store_failures(store_id integer) returns bigint
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  one transcript.attached_stores;
  tenant_before constant text := current_setting('transcript.tenant', true);
  user_before constant text := current_setting('transcript.user_id', true);
  failures bigint;
begin
  select s.* into one from transcript.attached_stores s where s.store_id = store_failures.store_id;
  perform transcript.act_as(one.tenant_id, '');
  select coalesce(sum(r.attempts), 0) into failures
    from transcript.rejected r where r.tenant_id = one.tenant_id and r.source = one.name;
  perform transcript.act_as(tenant_before, user_before);
  return failures;
end
$$;
comment on function transcript.store_failures(integer) is
  'How often rows of a session store could not be projected and became dead letters.';

-- Arguments: as above; is_replacing as in rebuild_sessions. All in one transaction: for very many
-- sessions, pg_transcript rebuild.
create or replace function transcript.rebuild(
  messages regclass default null, session text default null, is_replacing boolean default false)
  returns table (store text, sessions bigint, rows bigint, added bigint, replaced bigint)
  language sql volatile
  set search_path = pg_catalog, pg_temp
  -- Of functions the planner believes too much.
  set jit = off
as $$
  select p.store, coalesce(max(cardinality(p.sessions)), 0)::bigint, coalesce(sum(r.rows), 0)::bigint,
    coalesce(sum(r.added), 0)::bigint, coalesce(sum(r.replaced), 0)::bigint
  from transcript.rebuild_plan(messages, session) p
  left join lateral generate_series(1, cardinality(p.sessions), 50) n on true
  left join lateral transcript.rebuild_part(p.store_id, p.sessions[n : n + 49], is_replacing) r on n is not null
  group by p.store_id, p.store
  order by p.store_id
$$;
comment on function transcript.rebuild(regclass, text, boolean) is
  'Appends what session stores have and the log does not; per store, sessions that differed, rows that were sent, events that were added or replaced. Run it as a member of transcript_owner. TR067: the table is not attached.';

revoke all on function transcript.rebuild_sessions(transcript.attached_stores, text[], boolean),
  transcript.rebuild_plan(regclass, text), transcript.rebuild_part(integer, text[], boolean), transcript.store_failures(integer),
  transcript.rebuild(regclass, text, boolean) from public;

-- The only writer. Owner's rights, so that writers need no INSERT; the owner is bound to the tenant by
-- the same policies as everybody else (FORCE). Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

-- The second and later arguments are those of transcript.append; this_store, store_rows and
-- fingerprints say of each item which row of which session store it is (sql/functions/10_store_rows.sql).
-- A batch of a few items costs what its statements cost: each is here because none before it could know.
create or replace function transcript.append_batch(
  batch jsonb, format text, on_conflict text, this_store integer default null, store_rows bigint[] default null,
  fingerprints bigint[] default null)
  returns transcript.verdict[]
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  -- A plan made while the tables were small must not become a scan of large ones, nor a join of a
  -- batch's items with themselves a loop in a loop.
  set enable_seqscan = off
  set enable_nestloop = off
  -- …and its price, which these settings inflate, is no reason to compile it, nor to plan it again.
  set jit = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  this_tenant constant text := transcript.required_tenant();
  this_user constant text := transcript.acting_user();
  header record;
  locked transcript.conversations[];
  -- Where the events of these conversations are in time, but for a clock that was set back.
  since timestamptz;
  upto timestamptz;
  at timestamptz;
  verdicts transcript.verdict[] := '{}';
  verdict transcript.verdict;
  stored record;
  -- By item, the seq that a new one gets, and its conversation's place in locked; 0 for items that are
  -- not new. Null for a batch of new items for one conversation.
  numbers bigint[];
  places integer[];
  -- The items that have something to say of their run.
  told integer[];
begin
  if batch is null or format is null then
    raise exception using errcode = 'TR010', message = 'batch and format must not be null',
      hint = 'send {"conversation": …, "items": […]}';
  end if;
  if on_conflict is null or on_conflict not in ('report', 'ignore', 'merge') then
    raise exception using errcode = 'TR009', message = format('%L is no way to treat conflicts', on_conflict),
      hint = 'say report, ignore or merge';
  end if;
  select h.*, p.*, leaf.lower_bound as leaf_from, leaf.upper_bound as leaf_until,
      coalesce(era.era::bigint << 48 | pg_current_xact_id()::text::bigint, transcript.change_position()) as change_position
    into header
    from transcript.settings s
    -- As a rule the era goes on, and there is a leaf for what is stored now: then neither takes a statement.
    left join lateral (select e.* from transcript.eras e order by e.era desc limit 1) era
      on era.system_identifier = transcript.system_identifier()
      and era.timeline = ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
    left join lateral (
      select l.lower_bound, l.upper_bound
      from (select clock_timestamp() as now) c
      join transcript.partitions l on l.lower_bound <= c.now and c.now < l.upper_bound
      where l.parent = 'events' and to_regclass('transcript.' || l.leaf) is not null) leaf on true
    cross join transcript.batch_header(batch) h
    cross join lateral (
      select coalesce(array_agg(row(p.*)::transcript.item), '{}') as items, count(p.reason) as refusals,
        count(distinct p.event_key) = count(*) as has_unique_keys, array_agg(p.event_key) as event_keys,
        coalesce(array_agg(distinct p.conversation_id) filter (where p.reason is null), '{}') as conversation_ids,
        array_agg(distinct p.user_id) filter (where p.user_id is not null) as user_ids,
        array_agg(p.index) filter (where p.run_id is not null) as run_items
      from transcript.project(batch, format, this_tenant, s.max_item_bytes, on_conflict = 'merge') p) p;
  locked := transcript.lock_conversations(this_tenant, this_user, header.items, header.conversation_ids,
    header.conversation, header.title, header.metadata);
  -- Nobody else appends to these conversations from here on, and (READ COMMITTED) the statements below
  -- see all that was committed before the locks were given.
  at := clock_timestamp();
  if (at >= header.leaf_from and at < header.leaf_until) is not true then
    perform transcript.make_partitions();
  end if;
  if cardinality(locked) = 1 then
    since := least(locked[1].first_activity, locked[1].created_at) - interval '1 day';
    upto := locked[1].last_activity + interval '1 day';
  else
    select min(least(l.first_activity, l.created_at)) - interval '1 day', max(l.last_activity) + interval '1 day'
      into since, upto from unnest(locked) l;
  end if;

  if cardinality(locked) = 1 and header.refusals = 0 and header.has_unique_keys
    and coalesce(header.user_ids <@ array[coalesce(this_user, locked[1].user_id)], true)
    -- Key by key: asked for all of them, every event of the conversation would be looked at.
    and not exists (
      select from unnest(header.event_keys) k (event_key)
      cross join lateral (
        select from transcript.events e
        where e.conversation_id = locked[1].conversation_id and e.event_key = k.event_key
          and e.recorded_at >= since and e.recorded_at < upto
        limit 1) e)
  then
    told := header.run_items;
  else
    select * into verdicts, numbers, places, told
      from transcript.number_items(header.items, this_user, locked, since, upto);
  end if;

  for stored in
    with stored as (
      insert into transcript.events (
          conversation_id, seq, recorded_at, event_key, run_id, tenant_id, user_id, kind, role, agent, model,
          tool_name, tool_call_id, calls, answers, item_id, parent_id, sequence, occurred_at, payload,
          store_id, store_row, fingerprint, payload_bytes, digest, policy_version)
        -- The last three are the trigger's to fill.
        select i.conversation_id, coalesce(numbers[i.index + 1], locked[1].next_seq + i.index), at, i.event_key,
          i.run_id, this_tenant, locked[coalesce(places[i.index + 1], 1)].user_id, i.kind, i.role, i.agent,
          i.model, i.tool_name, i.tool_call_id, i.calls, i.answers, i.item_id, i.parent_id, i.sequence,
          timestamptz 'epoch' + i.occurred_us * interval '1 microsecond', i.payload,
          this_store, store_rows[i.index + 1], fingerprints[i.index + 1], 0, '', 0
        from unnest(header.items) i
        where numbers is null or numbers[i.index + 1] > 0
        returning conversation_id, seq, kind
    )
    select s.conversation_id, count(*) as events, count(*) filter (where s.kind = 'message') as messages,
      min(s.seq) as first_seq, max(s.seq) as last_seq,
      array_agg(row(s.seq - locked[1].next_seq, 'stored', s.seq, null)::transcript.verdict) as verdicts
    from stored s group by s.conversation_id
  loop
    if numbers is null then
      verdicts := stored.verdicts;
    end if;
    -- One by one, so that each is found by its key: joined, all conversations of the tenant could be read.
    with counted as (
      update transcript.conversations c
        set next_seq = c.next_seq + stored.events, event_count = c.event_count + stored.events,
          message_count = c.message_count + stored.messages,
          -- Clocks can be set back.
          first_activity = least(c.first_activity, at), last_activity = greatest(c.last_activity, at),
          -- Never before what it had: a transaction may be older than the one that it waited for.
          last_position = greatest(c.last_position, header.change_position)
        where c.conversation_id = stored.conversation_id
        returning c.last_position, c.user_id
    )
    insert into transcript.changes (
        tenant_id, position, conversation_id, first_seq, change, recorded_at, last_seq, event_at, user_id)
      select this_tenant, c.last_position, stored.conversation_id, stored.first_seq, 'stored', at,
        stored.last_seq, at, c.user_id
      from counted c;
  end loop;

  if 0 = any (numbers) then
    perform transcript.keep_refused(this_tenant, this_user, batch, format, header.source, header.items, verdicts);
    for verdict in
      select * from transcript.known_items(this_tenant, this_user, header.items, verdicts, locked, on_conflict)
    loop
      if verdict.reason = 'is_last' and header.items[verdict.index + 1].run_id is not null then
        told := told || verdict.index;
      end if;
      verdict.reason := case verdict.status
        when 'conflict' then 'TR040: the event key is taken by another payload; nothing was overwritten' end;
      verdicts[verdict.index + 1] := verdict;
    end loop;
    if this_store is not null then
      perform transcript.adopt_items(header.items, verdicts, this_store, store_rows, fingerprints);
    end if;
  end if;
  if cardinality(told) > 0 then
    perform transcript.store_runs(
      this_tenant, array(select i from unnest(header.items) i where i.index = any (told)), locked, at);
  end if;
  return verdicts;
end
$$;
comment on function transcript.append_batch(jsonb, text, text, integer, bigint[], bigint[]) is
  'Stores a batch; called by transcript.append and by session stores.';

-- Arguments: batch, an array of items or {"conversation": …, "items": […]}; format, one of
-- transcript.formats(); on_conflict, what becomes of an item whose key another payload has: report it,
-- ignore it (a duplicate), or merge it into the event.
create or replace function transcript.append(
  batch jsonb, format text default 'native', on_conflict text default 'report')
  returns table (index integer, status text, seq bigint, reason text)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query select v.* from unnest(transcript.append_batch(batch, format, on_conflict)) v;
end
$$;
comment on function transcript.append(jsonb, text, text) is
  'Stores a batch; one verdict per item: stored, duplicate, merged, conflict or rejected. TR009: unknown way to treat conflicts. TR010: wrong envelope. TR011: unknown format. TR012: tenant is not set.';

revoke all on function transcript.append(jsonb, text, text),
  transcript.append_batch(jsonb, text, text, integer, bigint[], bigint[]) from public;
grant execute on function transcript.append(jsonb, text, text) to transcript_writer;

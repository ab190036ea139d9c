-- The only writer. Owner's rights, so that writers need no INSERT; the owner is bound to the tenant by
-- the same policies as everybody else (FORCE). Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

create or replace function transcript.keep_rejected(
  tenant text, user_id text, conversation text, source text, line bigint, item_index integer,
  format text, reason text, envelope jsonb, raw text)
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  -- A retry of the same thing is the same letter.
  insert into transcript.rejected as r (
    tenant_id, rejected_id, user_id, conversation, source, line, item_index, format, reason, envelope, raw,
    raw_bytes)
  values (
    tenant,
    encode(substr(sha256(convert_to(jsonb_build_array(
      user_id, conversation, source, line, item_index, format, reason, md5(raw))::text, 'UTF8')), 1, 16), 'hex')::uuid,
    user_id, conversation, source, line, item_index, format, reason, envelope, left(raw, 1048576), octet_length(raw))
  on conflict (tenant_id, rejected_id) do update
    set attempts = r.attempts + 1, last_attempt_at = clock_timestamp()
$$;
comment on function transcript.keep_rejected(text, text, text, text, bigint, integer, text, text, jsonb, text) is
  'Writes one dead letter; the head of raw is kept, redacted by the table''s trigger.';

create or replace function transcript.reject(source text, line bigint, format text, reason text, raw text)
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform transcript.keep_rejected(transcript.required_tenant(), transcript.acting_user(),
    null, source, line, null, format, coalesce(reason, 'unknown'), null, raw);
end
$$;
comment on function transcript.reject(text, bigint, text, text, text) is
  'Keeps a line that could not be read as a dead letter. TR012: tenant is not set.';

-- What a batch says for all its items, as it would stand around one of them alone.
create or replace function transcript.item_envelope(batch jsonb, item_index integer) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case when jsonb_typeof(batch) = 'object'
    then batch - '{items,payloads,title,metadata,source}'::text[]
      || case when jsonb_typeof(batch -> 'sequence') = 'number'
        then jsonb_build_object('sequence', (batch ->> 'sequence')::numeric + item_index) else '{}' end
    else '{}' end
$$;
comment on function transcript.item_envelope(jsonb, integer) is
  'The envelope of a batch for one of its items.';

-- A token count as a provider reports it, when it is one.
create or replace function transcript.token_count(usage jsonb, member text) returns bigint
  language sql immutable parallel safe
  return case when pg_catalog.jsonb_typeof(usage -> member) = 'number'
                and (usage ->> member)::numeric between 0 and 1e15
              then (usage ->> member)::numeric::bigint end;
comment on function transcript.token_count(jsonb, text) is
  'A member of a usage report as a whole number; null when it is none.';

create or replace function transcript.keep_members(merged jsonb, next jsonb) returns jsonb
  language sql immutable strict parallel safe
  return next operator(pg_catalog.||) merged;
comment on function transcript.keep_members(jsonb, jsonb) is
  'Two objects as one; what the first says stays.';
create or replace function transcript.replace_members(merged jsonb, next jsonb) returns jsonb
  language sql immutable strict parallel safe
  return merged operator(pg_catalog.||) next;
comment on function transcript.replace_members(jsonb, jsonb) is
  'Two objects as one; what the second says wins.';

-- Objects one after another: the first to name a member has it, or the last.
create or replace aggregate transcript.first_names(jsonb) (
  sfunc = transcript.keep_members, stype = jsonb, parallel = safe);
comment on aggregate transcript.first_names(jsonb) is
  'Objects merged; the first value of each member stays. Nulls are passed over.';
create or replace aggregate transcript.last_words(jsonb) (
  sfunc = transcript.replace_members, stype = jsonb, parallel = safe);
comment on aggregate transcript.last_words(jsonb) is
  'Objects merged; the last value of each member stays. Nulls are passed over.';

-- The batch's conversations, made where they are missing, locked in key order: that keeps rival batches
-- from deadlock. Those of others are not among them.
create or replace function transcript.lock_conversations(
  this_tenant text, this_user text, items transcript.item[], ids uuid[], named text, title text, metadata jsonb)
  returns transcript.conversations[]
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  locked transcript.conversations[];
begin
  for attempt in 1 .. 2 loop
    -- When one of them is missing none is locked yet: who makes a conversation must hold no other.
    locked := array(
      select c from transcript.conversations c
      where c.conversation_id = any (ids)
        and (attempt = 2 or cardinality(ids) = (
          select count(*) from transcript.conversations k where k.conversation_id = any (ids)))
      order by c.conversation_id
      for update);
    exit when attempt = 2 or (cardinality(ids) > 0 and cardinality(locked) = cardinality(ids));
    insert into transcript.conversations
        (conversation_id, tenant_id, user_id, external_id, agent, title, metadata)
      select distinct on (i.conversation_id) i.conversation_id, this_tenant, coalesce(this_user, i.user_id),
        i.conversation, i.agent, case when i.conversation = named then lock_conversations.title end,
        case when i.conversation = named then lock_conversations.metadata end
      from unnest(items) i
      where i.reason is null and (this_user is null or coalesce(i.user_id, this_user) = this_user)
      order by i.conversation_id, i.index
      on conflict (conversation_id) do nothing;
    if cardinality(items) = 0 and named is not null then
      -- Nothing was said yet, but somebody opened it.
      insert into transcript.conversations (conversation_id, tenant_id, user_id, external_id, title, metadata)
        values (transcript.conversation_id(this_tenant, named), this_tenant, this_user, named,
          lock_conversations.title, lock_conversations.metadata)
        on conflict (conversation_id) do nothing;
    end if;
  end loop;
  return locked;
end
$$;
comment on function transcript.lock_conversations(text, text, transcript.item[], uuid[], text, text, jsonb) is
  'The conversations that a batch is for (ids), locked, in key order; those that are missing are made.';

-- The job that keeps partitions ready did not run: a missing partition must not lose events.
create or replace function transcript.make_partitions() returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform transcript.ensure_partitions();
exception when duplicate_table then
  if current_setting('transaction_isolation') = 'read committed' then
    raise;
  end if;
  -- A rival made them; this transaction's snapshot is older.
  raise exception using errcode = '40001', message = 'could not serialize access: partitions were made since',
    hint = 'run the transaction again';
end
$$;
comment on function transcript.make_partitions() is
  'Makes the partitions that are missing. 40001: a rival made them, and this transaction cannot see them.';

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
  verdicts transcript.verdict[];
  new_verdicts transcript.verdict[];
  verdict transcript.verdict;
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
  select h.*, p.*, transcript.change_position() as change_position
    into header
    from transcript.settings s, transcript.batch_header(batch) h, lateral (
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
  if not exists (
    select from transcript.partitions p
    where p.parent = 'events' and p.lower_bound <= at and at < p.upper_bound
      and to_regclass('transcript.' || p.leaf) is not null)
  then
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

  with stored as (
    insert into transcript.events (
        conversation_id, seq, recorded_at, event_key, run_id, tenant_id, user_id, kind, role, agent, model,
        tool_name, tool_call_id, calls, answers, item_id, parent_id, sequence, occurred_at, payload,
        store_id, store_row, fingerprint, payload_bytes, digest, policy_version)
      -- The last three are the trigger's to fill.
      select i.conversation_id, coalesce(numbers[i.index + 1], locked[1].next_seq + i.index), at, i.event_key,
        i.run_id, this_tenant, locked[coalesce(places[i.index + 1], 1)].user_id, i.kind, i.role, i.agent, i.model, i.tool_name, i.tool_call_id, i.calls, i.answers, i.item_id, i.parent_id,
        i.sequence, timestamptz 'epoch' + i.occurred_us * interval '1 microsecond', i.payload,
        this_store, store_rows[i.index + 1], fingerprints[i.index + 1], 0, '', 0
      from unnest(header.items) i
      where numbers is null or numbers[i.index + 1] > 0
      returning conversation_id, seq, kind
  ),
  counted as (
    update transcript.conversations c
      set next_seq = c.next_seq + s.events, event_count = c.event_count + s.events,
        message_count = c.message_count + s.messages,
        -- Clocks can be set back.
        first_activity = least(c.first_activity, at), last_activity = greatest(c.last_activity, at),
        -- Never before what it had: a transaction may be older than the one that it waited for.
        last_position = greatest(c.last_position, header.change_position)
      from (
        select s.conversation_id, count(*) as events, count(*) filter (where s.kind = 'message') as messages,
          min(s.seq) as first_seq, max(s.seq) as last_seq
        from stored s group by s.conversation_id
      ) s
      where c.conversation_id = s.conversation_id
        -- By their key: joined in a hash, all conversations of the tenant would be read.
        and c.conversation_id = any (header.conversation_ids)
      returning c.conversation_id, c.user_id, c.last_position, s.first_seq, s.last_seq
  ),
  followed as (
    insert into transcript.changes (
        tenant_id, position, conversation_id, first_seq, change, recorded_at, last_seq, event_at, user_id)
      select this_tenant, c.last_position, c.conversation_id, c.first_seq, 'stored', at, c.last_seq, at, c.user_id
      from counted c
  )
  select array_agg(row(s.seq - locked[1].next_seq, 'stored', s.seq, null)::transcript.verdict) into new_verdicts
    from stored s;
  if numbers is null then
    verdicts := coalesce(new_verdicts, '{}');
  end if;

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

revoke all on function
  transcript.keep_rejected(text, text, text, text, bigint, integer, text, text, jsonb, text),
  transcript.reject(text, bigint, text, text, text), transcript.token_count(jsonb, text), transcript.item_envelope(jsonb, integer),
  transcript.keep_members(jsonb, jsonb), transcript.replace_members(jsonb, jsonb),
  transcript.first_names(jsonb), transcript.last_words(jsonb), transcript.append(jsonb, text, text),
  transcript.lock_conversations(text, text, transcript.item[], uuid[], text, text, jsonb),
  transcript.make_partitions(),
  transcript.append_batch(jsonb, text, text, integer, bigint[], bigint[]) from public;
grant execute on function transcript.reject(text, bigint, text, text, text), transcript.append(jsonb, text, text)
  to transcript_writer;

-- The second half of append: what is known is compared, merged or refused, and what items say of their runs.
-- The conversations are locked by whoever calls this. Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

-- Which items of a batch are new, and what is said of the others already. Refused are, beside what
-- projection found wrong, items for conversations that are there but not to be seen or written. What is not
-- known by its key, and not earlier in the batch, is new. since and upto bound the time of known events.
create or replace function transcript.number_items(
  items transcript.item[], this_user text, locked transcript.conversations[], since timestamptz, upto timestamptz,
  out verdicts transcript.verdict[], out numbers bigint[], out places integer[], out told integer[])
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  select coalesce(array_agg(row(n.index, n.status, n.seq, n.refusal)::transcript.verdict), '{}'),
      coalesce(array_agg(coalesce(n.seq, 0)), '{}'), array_agg(coalesce(n.place, 0)),
      array_agg(n.index) filter (where n.seq is not null and n.run_id is not null)
    into verdicts, numbers, places, told
    from (
      select f.index, f.run_id, f.place, f.refusal,
        case when f.is_new then 'stored' when f.refusal is not null then 'rejected' end as status,
        case when f.is_new then f.next_seq - 1
          + count(*) filter (where f.is_new) over (partition by f.conversation_id order by f.index) end as seq
      from (
        select g.*, g.refusal is null and g.known is null and row_number() over (
            partition by g.conversation_id, g.event_key, g.refusal is null order by g.index) = 1 as is_new
        from (
          select i.index, i.conversation_id, i.event_key, i.run_id, l.ordinality::integer as place, l.next_seq, e.seq as known,
            case when i.reason is not null then i.reason
              when l.conversation_id is null or i.user_id <> coalesce(this_user, l.user_id) then
                'TR019: conversation belongs to another user; use a conversation of your own'
            end as refusal
          from unnest(items) i
          left join unnest(locked) with ordinality l on l.conversation_id = i.conversation_id
          left join lateral (
            select e.seq from transcript.events e
            where e.conversation_id = i.conversation_id and e.event_key = i.event_key
              and e.recorded_at >= since and e.recorded_at < upto
            limit 1
          ) e on true
        ) g
      ) f
      order by f.index
    ) n;
end
$$;
comment on function transcript.number_items(
    transcript.item[], text, transcript.conversations[], timestamptz, timestamptz) is
  'By item of a batch: its verdict, where that is stored or rejected; the seq it gets, and the place of its conversation; and which new items name a run.';

-- Dead letters of what a batch's verdicts reject.
create or replace function transcript.keep_refused(
  this_tenant text, this_user text, batch jsonb, format text, source text, items transcript.item[],
  verdicts transcript.verdict[])
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  select transcript.keep_rejected(this_tenant, this_user, i.conversation, source, null, i.index, format, v.reason,
      transcript.item_envelope(batch, i.index),
      -- The item as it came; of one that is too large or too deep to walk, the head.
      transcript.unparse(transcript.redacted(
        case when i.reason ~ '^TR00[23]' then i.payload
          when jsonb_typeof(batch) = 'array' then batch -> i.index
          else coalesce(batch -> 'items', batch -> 'payloads') -> i.index end, this_tenant)))
    from unnest(items) i
    join unnest(verdicts) v on v.index = i.index
    where v.status = 'rejected'
$$;
comment on function transcript.keep_refused(
    text, text, jsonb, text, text, transcript.item[], transcript.verdict[]) is
  'Writes the items of a batch that are rejected as dead letters.';

-- Items that were stored before, or earlier in the batch, beside the events that have their keys. For
-- those whose state is no older than the stored one the reason is 'is_last'.
create or replace function transcript.known_items(
  this_tenant text, this_user text, items transcript.item[], verdicts transcript.verdict[],
  locked transcript.conversations[], on_conflict text)
  returns setof transcript.verdict
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  known record;
  verdict transcript.verdict;
  merged record;
begin
  for known in
    select i as item, e.event, transcript.is_same_payload(
        this_tenant, i.kind, i.tool_name, i.payload, (e.event).digest, e.event) as is_same
    from unnest(items) i
    join unnest(verdicts) v on v.index = i.index and v.status is null
    join unnest(locked) l on l.conversation_id = i.conversation_id
    cross join lateral (
      select e as event from transcript.events e
      where e.conversation_id = i.conversation_id and e.event_key = i.event_key
        and e.recorded_at >= least(l.first_activity, l.created_at) - interval '1 day'
      limit 1
    ) e
    order by i.index
  loop
    verdict := row((known.item).index, case when known.is_same then 'duplicate' else 'conflict' end,
      (known.event).seq, null);
    if on_conflict = 'merge' then
      merged := transcript.merge_item(this_tenant, this_user, known.item, (known.event).seq);
      verdict.status := merged.status;
      verdict.reason := case when merged.is_last then 'is_last' end;
    elsif not known.is_same and on_conflict = 'ignore' then
      verdict.status := 'duplicate';
    elsif not known.is_same then
      insert into transcript.audit_log (tenant_id, user_id, action, conversation_id, seq, detail)
        values (this_tenant, this_user, 'conflict', (known.event).conversation_id, (known.event).seq,
          jsonb_build_object('index', verdict.index));
    end if;
    return next verdict;
  end loop;
end
$$;
comment on function transcript.known_items(
    text, text, transcript.item[], transcript.verdict[], transcript.conversations[], text) is
  'What becomes of the items of a batch that have no verdict yet, because there are events with their keys: duplicate, merged or conflict.';

-- A session store's rows that were in the log before its table was attached, or were changed since.
create or replace function transcript.adopt_items(
  items transcript.item[], verdicts transcript.verdict[], this_store integer, store_rows bigint[],
  fingerprints bigint[])
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  known record;
begin
  -- One by one: joined, all events of the conversation would be read.
  for known in
    select i.index, i.conversation_id, v.seq from unnest(items) i
    join unnest(verdicts) v on v.index = i.index and v.status in ('duplicate', 'merged')
  loop
    update transcript.events e
      set store_id = this_store, store_row = store_rows[known.index + 1],
        fingerprint = fingerprints[known.index + 1] # transcript.place(e.seq, e.payload)
      where e.conversation_id = known.conversation_id and e.seq = known.seq
        and (e.store_id is distinct from this_store
          or e.fingerprint <> fingerprints[known.index + 1] # transcript.place(e.seq, e.payload));
  end loop;
end
$$;
comment on function transcript.adopt_items(
    transcript.item[], transcript.verdict[], integer, bigint[], bigint[]) is
  'Writes down of events that are known which row of which session store they are.';

-- What items say of their runs: the first name, the last word. The conversations are locked.
create or replace function transcript.store_runs(
  tenant text, items transcript.item[], locked transcript.conversations[], at timestamptz)
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  with said as (
    select i.conversation_id, i.run_id, min(l.user_id) as user_id, min(i.run) as external_id,
      (array_agg(i.agent order by i.index) filter (where i.agent is not null))[1] as agent,
      (array_agg(i.model order by i.index) filter (where i.model is not null))[1] as model,
      transcript.first_names(i.about_run order by i.index) as names,
      transcript.last_words(i.about_run order by i.index) as words
    from unnest(items) i
    join unnest(locked) l on l.conversation_id = i.conversation_id
    where i.run_id is not null
    group by i.conversation_id, i.run_id
  )
  insert into transcript.runs as r (
      conversation_id, run_id, tenant_id, user_id, external_id, agent, model, provider, provider_source,
      provider_path, provider_request_id, trace_id, request_id, intent_id, task_id, status, error, latency_ms,
      usage, input_tokens, output_tokens, total_tokens, started_at, last_activity)
    select s.conversation_id, s.run_id, store_runs.tenant, s.user_id, s.external_id, s.agent, s.model,
      s.names ->> 'provider', s.names ->> 'provider_source', s.names ->> 'provider_path',
      s.names ->> 'provider_request_id', s.names ->> 'trace_id', s.names ->> 'request_id',
      s.names ->> 'intent_id', s.names ->> 'task_id', s.words ->> 'status', s.words ->> 'error',
      (s.words ->> 'latency_ms')::bigint, s.words -> 'usage',
      transcript.token_count(s.words -> 'usage', 'input_tokens'),
      transcript.token_count(s.words -> 'usage', 'output_tokens'),
      transcript.token_count(s.words -> 'usage', 'total_tokens'), at, at
    from said s
  on conflict (conversation_id, run_id) do update
    set agent = coalesce(r.agent, excluded.agent), model = coalesce(r.model, excluded.model),
      provider = coalesce(r.provider, excluded.provider),
      provider_source = coalesce(r.provider_source, excluded.provider_source),
      provider_path = coalesce(r.provider_path, excluded.provider_path),
      provider_request_id = coalesce(r.provider_request_id, excluded.provider_request_id),
      trace_id = coalesce(r.trace_id, excluded.trace_id),
      request_id = coalesce(r.request_id, excluded.request_id),
      intent_id = coalesce(r.intent_id, excluded.intent_id), task_id = coalesce(r.task_id, excluded.task_id),
      status = coalesce(excluded.status, r.status), error = coalesce(excluded.error, r.error),
      latency_ms = coalesce(excluded.latency_ms, r.latency_ms), usage = coalesce(excluded.usage, r.usage),
      input_tokens = coalesce(excluded.input_tokens, r.input_tokens),
      output_tokens = coalesce(excluded.output_tokens, r.output_tokens),
      total_tokens = coalesce(excluded.total_tokens, r.total_tokens),
      last_activity = excluded.last_activity
$$;
comment on function transcript.store_runs(text, transcript.item[], transcript.conversations[], timestamptz) is
  'Writes what items say of their runs: the first to name something has it, the last word on the rest counts.';

-- A later state of something that is known. What the columns did not know is filled; another payload
-- takes the place of the stored one, which stays in the audit log, unless it is the older of the two: by
-- the caller's number where both have one, else by when they say they happened.
create or replace function transcript.merge_item(
  this_tenant text, this_user text, item transcript.item, event_seq bigint, out status text, out is_last boolean)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  known transcript.events;
  happened constant timestamptz := timestamptz 'epoch' + item.occurred_us * interval '1 microsecond';
  is_same boolean;
begin
  select e.* into strict known from transcript.events e
    where e.conversation_id = item.conversation_id and e.seq = event_seq;
  is_same := transcript.is_same_payload(this_tenant, item.kind, item.tool_name, item.payload, known.digest, known);
  is_last := not coalesce(item.sequence < known.sequence, happened < known.occurred_at, false);
  if is_last and not is_same then
    insert into transcript.audit_log (tenant_id, user_id, action, conversation_id, seq, detail)
      values (this_tenant, this_user, 'replace', item.conversation_id, event_seq, jsonb_build_object(
        'digest', encode(known.digest, 'hex'), 'occurred_at', known.occurred_at,
        'payload', transcript.redacted(known.payload, this_tenant, known.kind, known.tool_name)));
    update transcript.events e
      set payload = item.payload, blob_at = null, kind = item.kind, occurred_at = coalesce(happened, e.occurred_at),
        sequence = coalesce(item.sequence, e.sequence),
        calls = coalesce(item.calls, e.calls), answers = coalesce(item.answers, e.answers)
      where e.conversation_id = item.conversation_id and e.seq = event_seq and e.recorded_at = known.recorded_at;
    if (item.kind = 'message') <> (known.kind = 'message') then
      update transcript.conversations c
        set message_count = c.message_count + case when item.kind = 'message' then 1 else -1 end
        where c.conversation_id = item.conversation_id;
    end if;
  end if;
  update transcript.events e
    set role = coalesce(e.role, item.role), agent = coalesce(e.agent, item.agent),
      model = coalesce(e.model, item.model), tool_name = coalesce(e.tool_name, item.tool_name),
      tool_call_id = coalesce(e.tool_call_id, item.tool_call_id), item_id = coalesce(e.item_id, item.item_id),
      parent_id = coalesce(e.parent_id, item.parent_id), occurred_at = coalesce(e.occurred_at, happened),
      run_id = coalesce(e.run_id, item.run_id)
    where e.conversation_id = item.conversation_id and e.seq = event_seq and e.recorded_at = known.recorded_at
      and ((e.role is null and item.role is not null) or (e.agent is null and item.agent is not null)
        or (e.model is null and item.model is not null) or (e.tool_name is null and item.tool_name is not null)
        or (e.tool_call_id is null and item.tool_call_id is not null)
        or (e.item_id is null and item.item_id is not null) or (e.parent_id is null and item.parent_id is not null)
        or (e.occurred_at is null and happened is not null) or (e.run_id is null and item.run_id is not null));
  status := case when found or (is_last and not is_same) then 'merged' else 'duplicate' end;
end
$$;
comment on function transcript.merge_item(text, text, transcript.item, bigint) is
  'Merges an item into the event that has its key: merged, or duplicate where it says nothing new; is_last says that it is no older state.';

revoke all on function
  transcript.number_items(transcript.item[], text, transcript.conversations[], timestamptz, timestamptz),
  transcript.keep_refused(text, text, jsonb, text, text, transcript.item[], transcript.verdict[]),
  transcript.known_items(text, text, transcript.item[], transcript.verdict[], transcript.conversations[], text),
  transcript.adopt_items(transcript.item[], transcript.verdict[], integer, bigint[], bigint[]),
  transcript.store_runs(text, transcript.item[], transcript.conversations[], timestamptz),
  transcript.merge_item(text, text, transcript.item, bigint) from public;

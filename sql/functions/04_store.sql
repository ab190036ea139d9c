-- The second half of append: what is new is stored, what is known is compared. The conversations are
-- locked by whoever calls this. Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

create or replace function transcript.store_items(
  this_tenant text, this_user text, items transcript.item[], locked transcript.conversations[],
  refused integer[], at timestamptz, on_conflict text, change_position bigint, this_store integer,
  store_rows bigint[], fingerprints bigint[])
  returns table (index integer, status text, seq bigint)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  return query
  with item as (
    select i.*, l.next_seq, l.created_at as opened_at, l.user_id as owning_user,
      row_number() over (partition by i.conversation_id, i.event_key order by i.index) as occurrence
    from unnest(items) i
    join unnest(locked) l on l.conversation_id = i.conversation_id
    where not exists (select from unnest(refused) r (index) where r.index = i.index)
  ),
  known as (
    select i.index, e.seq, e.digest, e.event
    from item i
    cross join lateral (
      select e.seq, e.digest, e as event from transcript.events e
      where e.conversation_id = i.conversation_id and e.event_key = i.event_key
        -- Prunes older partitions; the day is for clocks that were set back.
        and e.recorded_at >= i.opened_at - interval '1 day'
      limit 1
    ) e
  ),
  fresh as (
    select i.*, i.next_seq - 1 + row_number() over (partition by i.conversation_id order by i.index) as new_seq
    from item i
    where i.occurrence = 1 and not exists (select from known k where k.index = i.index)
  ),
  stored as (
    insert into transcript.events (
        conversation_id, seq, recorded_at, event_key, run_id, tenant_id, user_id, kind, role, agent, model,
        tool_name, tool_call_id, calls, answers, item_id, parent_id, sequence, occurred_at, payload,
        store_id, store_row, fingerprint, payload_bytes, digest, policy_version)
      -- The last three are the trigger's to fill.
      select f.conversation_id, f.new_seq, at, f.event_key, f.run_id, this_tenant, f.owning_user, f.kind,
        f.role, f.agent, f.model, f.tool_name, f.tool_call_id, f.calls, f.answers, f.item_id, f.parent_id,
        f.sequence, timestamptz 'epoch' + f.occurred_us * interval '1 microsecond', f.payload,
        this_store, store_rows[f.index + 1], fingerprints[f.index + 1], 0, '', 0
      from fresh f
      order by f.conversation_id, f.new_seq
      returning conversation_id, event_key, seq, digest, kind
  ),
  counted as (
    update transcript.conversations c
      set next_seq = c.next_seq + s.events, event_count = c.event_count + s.events,
        message_count = c.message_count + s.messages,
        first_activity = coalesce(c.first_activity, at), last_activity = at,
        -- Never before what it had: a transaction may be older than the one that it waited for.
        last_position = greatest(c.last_position, change_position)
      from (
        select s.conversation_id, count(*) as events, count(*) filter (where s.kind = 'message') as messages,
          min(s.seq) as first_seq, max(s.seq) as last_seq
        from stored s group by s.conversation_id
      ) s
      where c.conversation_id = s.conversation_id
        -- By their key: joined in a hash, all conversations of the tenant would be read.
        and c.conversation_id = any (array(select l.conversation_id from unnest(locked) l))
      returning c.conversation_id, c.user_id, c.last_position, s.first_seq, s.last_seq
  ),
  followed as (
    insert into transcript.changes (
        tenant_id, position, conversation_id, first_seq, change, recorded_at, last_seq, event_at, user_id)
      select this_tenant, c.last_position, c.conversation_id, c.first_seq, 'stored', at, c.last_seq, at, c.user_id
      from counted c
  ),
  verdict as (
    select i.index, i.conversation_id, coalesce(k.seq, s.seq) as seq,
      case
        when k.index is null and i.occurrence = 1 then 'stored'
        when transcript.is_same_payload(this_tenant, i.kind, i.tool_name, i.payload,
            coalesce(k.digest, s.digest), k.event)
          then 'duplicate'
        else 'conflict'
      end as status
    from item i
    left join known k on k.index = i.index
    left join stored s on s.conversation_id = i.conversation_id and s.event_key = i.event_key
  ),
  audited as (
    insert into transcript.audit_log (tenant_id, user_id, action, conversation_id, seq, detail)
      select this_tenant, this_user, 'conflict', v.conversation_id, v.seq, jsonb_build_object('index', v.index)
      from verdict v where v.status = 'conflict' and on_conflict = 'report'
  )
  select v.index, v.status, v.seq from verdict v
  union all
  select r.index, 'rejected', null from unnest(refused) r (index)
  order by 1;
end
$$;
comment on function transcript.store_items(
    text, text, transcript.item[], transcript.conversations[], integer[], timestamptz, text, bigint, integer, bigint[],
    bigint[]) is
  'Stores the items of a batch that are not refused; says of each, in order, whether it is stored, duplicate, conflict or rejected.';

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
  transcript.store_items(text, text, transcript.item[], transcript.conversations[], integer[], timestamptz, text,
    bigint, integer, bigint[], bigint[]),
  transcript.store_runs(text, transcript.item[], transcript.conversations[], timestamptz),
  transcript.merge_item(text, text, transcript.item, bigint) from public;

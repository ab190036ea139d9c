-- The second half of append: what is known is compared, merged or refused, and what items say of their runs.
-- The conversations are locked by whoever calls this. Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

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
  transcript.known_items(text, text, transcript.item[], transcript.verdict[], transcript.conversations[], text),
  transcript.adopt_items(transcript.item[], transcript.verdict[], integer, bigint[], bigint[]),
  transcript.merge_item(text, text, transcript.item, bigint) from public;

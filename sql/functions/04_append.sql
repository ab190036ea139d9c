-- The only writer. Owner's rights, so that writers need no INSERT; the owner is bound to the tenant by
-- the same policies as everybody else (FORCE). Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

create or replace function transcript.keep_rejected(
  tenant text, user_id text, conversation text, source text, line bigint, item_index integer,
  format text, reason text, raw text)
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  -- A retry of the same thing is the same letter.
  insert into transcript.rejected as r (
    tenant_id, rejected_id, user_id, conversation, source, line, item_index, format, reason, raw, raw_bytes)
  values (
    tenant,
    encode(substr(sha256(convert_to(jsonb_build_array(
      user_id, conversation, source, line, item_index, format, reason, md5(raw))::text, 'UTF8')), 1, 16), 'hex')::uuid,
    user_id, conversation, source, line, item_index, format, reason, left(raw, 65536), octet_length(raw))
  on conflict (tenant_id, rejected_id) do update
    set attempts = r.attempts + 1, last_attempt_at = clock_timestamp()
$$;
comment on function transcript.keep_rejected(text, text, text, text, bigint, integer, text, text, text) is
  'Writes one dead letter; the head of raw is kept, redacted by the table''s trigger.';

create or replace function transcript.reject(source text, line bigint, format text, reason text, raw text)
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform transcript.keep_rejected(transcript.required_tenant(), transcript.acting_user(),
    null, source, line, null, format, coalesce(reason, 'unknown'), raw);
end
$$;
comment on function transcript.reject(text, bigint, text, text, text) is
  'Keeps a line that could not be read as a dead letter. TR012: tenant is not set.';

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

create or replace function transcript.append(batch jsonb, format text default 'native')
  returns table (index integer, status text, seq bigint, reason text)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  -- A plan made while the tables were small must not become a scan of large ones, nor a join of a
  -- batch's items with themselves a loop in a loop.
  set enable_seqscan = off
  set enable_nestloop = off
  -- …and its price, which these settings inflate, is no reason to compile it.
  set jit = off
as $$
#variable_conflict use_column
declare
  this_tenant constant text := transcript.required_tenant();
  this_user constant text := transcript.acting_user();
  foreign_user constant text := 'TR019: conversation belongs to another user; use a conversation of your own';
  header record;
  items transcript.item[];
  locked transcript.conversations[];
  refused integer[];
  at timestamptz;
begin
  if batch is null or format is null then
    raise exception using errcode = 'TR010', message = 'batch and format must not be null',
      hint = 'send {"conversation": …, "items": […]}';
  end if;
  select * into header from transcript.batch_header(batch);
  select coalesce(array_agg(row(p.*)::transcript.item order by p.index), '{}') into items
    from transcript.settings s, transcript.project(batch, format, this_tenant, s.max_item_bytes) p;

  -- Conversations are made and locked in key order: that keeps rival batches from deadlock.
  insert into transcript.conversations
      (conversation_id, tenant_id, user_id, external_id, agent, title, metadata)
    select distinct on (i.conversation_id) i.conversation_id, this_tenant, coalesce(this_user, i.user_id),
      i.conversation, i.agent,
      case when i.conversation = header.conversation then header.title end,
      case when i.conversation = header.conversation then header.metadata end
    from unnest(items) i
    where i.reason is null and (this_user is null or coalesce(i.user_id, this_user) = this_user)
    order by i.conversation_id, i.index
    on conflict (conversation_id) do nothing;
  if cardinality(items) = 0 and header.conversation is not null then
    -- Nothing was said yet, but somebody opened it.
    insert into transcript.conversations (conversation_id, tenant_id, user_id, external_id, title, metadata)
      values (transcript.conversation_id(this_tenant, header.conversation), this_tenant, this_user,
        header.conversation, header.title, header.metadata)
      on conflict (conversation_id) do nothing;
  end if;
  select coalesce(array_agg(c), '{}') into locked
    from (
      select c.* from transcript.conversations c
      where c.conversation_id = any (array(select distinct i.conversation_id from unnest(items) i where i.reason is null))
      order by c.conversation_id
      for update
    ) c;
  -- Nobody else appends to these conversations from here on, and (READ COMMITTED) the statements below
  -- see all that was committed before the locks were given.

  at := clock_timestamp();
  if not exists (
    select from transcript.partitions p
    where p.parent = 'events' and p.lower_bound <= at and at < p.upper_bound
      and to_regclass('transcript.' || p.leaf) is not null)
  then
    -- The job that keeps partitions ready did not run: a missing partition must not lose events.
    begin
      perform transcript.ensure_partitions();
    exception when duplicate_table then
      if current_setting('transaction_isolation') = 'read committed' then
        raise;
      end if;
      -- A rival made them; this transaction's snapshot is older.
      raise exception using errcode = '40001', message = 'could not serialize access: partitions were made since',
        hint = 'run the transaction again';
    end;
  end if;

  -- Beside what projection found wrong: conversations that are there but not to be seen or written.
  refused := array(
    select i.index from unnest(items) i
    left join unnest(locked) l on l.conversation_id = i.conversation_id
    where i.reason is not null or l.conversation_id is null or i.user_id <> coalesce(this_user, l.user_id));
  perform transcript.keep_rejected(this_tenant, this_user, i.conversation, header.source, null, i.index,
      format, coalesce(i.reason, foreign_user),
      -- The item as it came; of one that is too large or too deep to walk, the head.
      transcript.unparse(transcript.redacted(
        case when i.reason ~ '^TR00[23]' then i.payload
          when jsonb_typeof(batch) = 'array' then batch -> i.index
          else batch -> 'items' -> i.index end, this_tenant)))
    from unnest(items) i
    join unnest(refused) r (index) on r.index = i.index;

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
        tool_name, tool_call_id, calls, answers, item_id, parent_id, sequence, occurred_at, payload, payload_bytes, digest, policy_version)
      -- The last three are the trigger's to fill.
      select f.conversation_id, f.new_seq, at, f.event_key, f.run_id, this_tenant, f.owning_user, f.kind,
        f.role, f.agent, f.model, f.tool_name, f.tool_call_id, f.calls, f.answers, f.item_id, f.parent_id,
        f.sequence, timestamptz 'epoch' + f.occurred_us * interval '1 microsecond', f.payload, 0, '', 0
      from fresh f
      order by f.conversation_id, f.new_seq
      returning conversation_id, event_key, seq, digest, kind
  ),
  counted as (
    update transcript.conversations c
      set next_seq = c.next_seq + s.events, event_count = c.event_count + s.events,
        message_count = c.message_count + s.messages,
        first_activity = coalesce(c.first_activity, at), last_activity = at
      from (
        select s.conversation_id, count(*) as events, count(*) filter (where s.kind = 'message') as messages
        from stored s group by s.conversation_id
      ) s
      where c.conversation_id = s.conversation_id
  ),
  said as (
    -- What the items say of each run: the first name, the last word.
    select f.conversation_id, f.run_id, min(f.owning_user) as user_id, min(f.run) as external_id,
      (array_agg(f.agent order by f.index) filter (where f.agent is not null))[1] as agent,
      (array_agg(f.model order by f.index) filter (where f.model is not null))[1] as model,
      transcript.first_names(f.about_run order by f.index) as names,
      transcript.last_words(f.about_run order by f.index) as words
    from fresh f
    where f.run_id is not null
    group by f.conversation_id, f.run_id
  ),
  run as (
    insert into transcript.runs as r (
        conversation_id, run_id, tenant_id, user_id, external_id, agent, model, provider, provider_source,
        provider_path, provider_request_id, trace_id, request_id, intent_id, task_id, status, error, latency_ms,
        usage, input_tokens, output_tokens, total_tokens, started_at, last_activity)
      select s.conversation_id, s.run_id, this_tenant, s.user_id, s.external_id, s.agent, s.model,
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
      from verdict v where v.status = 'conflict'
  )
  select v.index, v.status, v.seq,
    case v.status
      when 'conflict' then 'TR040: the event key is taken by another payload; nothing was overwritten'
    end
  from verdict v
  union all
  select i.index, 'rejected', null, coalesce(i.reason, foreign_user)
  from unnest(items) i
  join unnest(refused) r (index) on r.index = i.index
  order by 1;
end
$$;
comment on function transcript.append(jsonb, text) is
  'Stores a batch; one verdict per item: stored, duplicate, conflict or rejected. TR010: wrong envelope. TR011: unknown format. TR012: tenant is not set.';

revoke all on function
  transcript.keep_rejected(text, text, text, text, bigint, integer, text, text, text),
  transcript.reject(text, bigint, text, text, text), transcript.token_count(jsonb, text),
  transcript.keep_members(jsonb, jsonb), transcript.replace_members(jsonb, jsonb),
  transcript.first_names(jsonb), transcript.last_words(jsonb), transcript.append(jsonb, text) from public;
grant execute on function transcript.reject(text, bigint, text, text, text), transcript.append(jsonb, text)
  to transcript_writer;

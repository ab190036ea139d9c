-- What items say of their runs. Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

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

revoke all on function transcript.token_count(jsonb, text),
  transcript.keep_members(jsonb, jsonb), transcript.replace_members(jsonb, jsonb),
  transcript.first_names(jsonb), transcript.last_words(jsonb),
  transcript.store_runs(text, transcript.item[], transcript.conversations[], timestamptz) from public;

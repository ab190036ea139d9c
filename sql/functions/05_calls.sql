-- Calls and their results, joined by the call's id, never by place: a result is rarely the next event. One
-- that names no call is joined by the ids of its run, where exactly one open call has them.
set local role transcript_owner;

-- Arguments: conversations, those to look into. The request decides before the trace, and that before the
-- intent; the tool, where both name it, must be the same. Of two that fit neither is taken.
create or replace function transcript.results_without_id(conversations uuid[])
  returns table (conversation_id uuid, tool_call_id text, seq bigint)
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  with unnamed as materialized (
    select e.conversation_id, e.seq, e.tool_name, r.request_id, r.trace_id, r.intent_id
    from transcript.events e
    join transcript.runs r using (conversation_id, run_id)
    where e.conversation_id = any (conversations) and e.kind = 'tool_result' and e.answers is null
      and coalesce(r.request_id, r.trace_id, r.intent_id) is not null
  ),
  answered as (
    select distinct e.conversation_id, a.id
    from transcript.events e
    cross join lateral unnest(e.answers) a (id)
    where e.conversation_id in (select u.conversation_id from unnamed u)
  ),
  open as (
    select c.conversation_id, c.id, c.tool_name, r.request_id, r.trace_id, r.intent_id
    from (
      select e.conversation_id, c.id, min(e.tool_name) filter (where e.tool_call_id = c.id) as tool_name,
        (array_agg(e.run_id order by e.seq))[1] as run_id
      from transcript.events e
      cross join lateral unnest(e.calls) c (id)
      where e.conversation_id in (select u.conversation_id from unnamed u)
      group by e.conversation_id, c.id
    ) c
    join transcript.runs r using (conversation_id, run_id)
    where not exists (select from answered a where a.conversation_id = c.conversation_id and a.id = c.id)
  ),
  fitting as (
    select u.conversation_id, o.id, u.seq, f.by, min(f.by) over (partition by u.conversation_id, u.seq) as best
    from unnamed u
    join open o using (conversation_id)
    cross join lateral (
      select case when o.request_id = u.request_id then 1 when o.trace_id = u.trace_id then 2
        when o.intent_id = u.intent_id then 3 end as by) f
    where f.by is not null and coalesce(o.tool_name = u.tool_name, true)
  ),
  counted as (
    select f.conversation_id, f.id, f.seq,
      count(*) over (partition by f.conversation_id, f.seq) as calls,
      count(*) over (partition by f.conversation_id, f.id) as results
    from fitting f
    where f.by = f.best
  )
  select c.conversation_id, c.id, c.seq from counted c where c.calls = 1 and c.results = 1
$$;
comment on function transcript.results_without_id(uuid[]) is
  'Results that name no call, and the call that each of them answers, told by request, trace or intent: only where exactly one open call fits.';

create or replace function transcript.calls(conversation text)
  returns table (tool_call_id text, tool_name text, called_seq bigint, answered_seq bigint)
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  with made as (
    -- A framework may report one call several times: as it streams, and when it is complete.
    select c.id, min(e.seq) as seq, min(e.tool_name) filter (where e.tool_call_id = c.id) as tool_name
    from transcript.events e
    cross join lateral unnest(e.calls) as c (id)
    where e.conversation_id = transcript.conversation_id(transcript.required_tenant(), calls.conversation)
    group by c.id
  ),
  answered as (
    select a.id, min(e.seq) as seq
    from transcript.events e
    cross join lateral unnest(e.answers) as a (id)
    where e.conversation_id = transcript.conversation_id(transcript.required_tenant(), calls.conversation)
    group by a.id
    union all
    select r.tool_call_id, r.seq
    from transcript.results_without_id(
      array[transcript.conversation_id(transcript.required_tenant(), calls.conversation)]) r
  )
  select coalesce(m.id, a.id), m.tool_name, m.seq, a.seq
  from made m
  full join answered a on a.id = m.id
  order by coalesce(m.seq, a.seq), 1
$$;
comment on function transcript.calls(text) is
  'The tool calls of a conversation and where each was answered; called_seq is null for a result whose call is not there. TR012: tenant is not set.';

-- Arguments: conversation, the caller's id, or null for all; since, only calls made from then on.
create or replace function transcript.open_calls(
  conversation text default null, since timestamptz default '-infinity')
  returns table (
    conversation_id uuid, conversation text, seq bigint, recorded_at timestamptz, tool_call_id text,
    tool_name text)
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  with made as (
    select e.conversation_id, c.id, min(e.seq) as seq, min(e.recorded_at) as recorded_at,
      min(e.tool_name) filter (where e.tool_call_id = c.id) as tool_name
    from transcript.events e
    cross join lateral unnest(e.calls) as c (id)
    where transcript.required_tenant() is not null and e.calls is not null and e.recorded_at >= since
      and (open_calls.conversation is null or e.conversation_id
        = transcript.conversation_id(transcript.required_tenant(), open_calls.conversation))
    group by e.conversation_id, c.id
  ),
  answered as (
    select distinct e.conversation_id, a.id
    from transcript.events e
    cross join lateral unnest(e.answers) as a (id)
    where e.answers is not null and e.recorded_at >= since
      and (open_calls.conversation is null or e.conversation_id
        = transcript.conversation_id(transcript.required_tenant(), open_calls.conversation))
  ),
  open as materialized (
    select m.* from made m
    where not exists (select from answered a where a.conversation_id = m.conversation_id and a.id = m.id)
  )
  select m.conversation_id, v.external_id, m.seq, m.recorded_at, m.id, m.tool_name
  from open m
  left join transcript.conversations v on v.conversation_id = m.conversation_id
  where not exists (
    select from transcript.results_without_id(array(select distinct o.conversation_id from open o)) r
    where r.conversation_id = m.conversation_id and r.tool_call_id = m.id)
  order by m.recorded_at, m.conversation_id, m.seq, m.id
$$;
comment on function transcript.open_calls(text, timestamptz) is
  'Tool calls that were never answered. TR012: tenant is not set.';

revoke all on function transcript.results_without_id(uuid[]), transcript.calls(text),
  transcript.open_calls(text, timestamptz) from public;
grant execute on function transcript.results_without_id(uuid[]), transcript.calls(text),
  transcript.open_calls(text, timestamptz) to transcript_reader;

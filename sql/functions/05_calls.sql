-- Calls and their results, joined by the call's id and by nothing else: a result is rarely the next event.
set local role transcript_owner;

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
  )
  select m.conversation_id, v.external_id, m.seq, m.recorded_at, m.id, m.tool_name
  from made m
  left join transcript.conversations v on v.conversation_id = m.conversation_id
  where not exists (select from answered a where a.conversation_id = m.conversation_id and a.id = m.id)
  order by m.recorded_at, m.conversation_id, m.seq, m.id
$$;
comment on function transcript.open_calls(text, timestamptz) is
  'Tool calls that were never answered. TR012: tenant is not set.';

revoke all on function transcript.calls(text), transcript.open_calls(text, timestamptz) from public;
grant execute on function transcript.calls(text), transcript.open_calls(text, timestamptz) to transcript_reader;

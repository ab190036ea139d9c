-- An agent orchestrator's events: conversation_events.
with event as (
  select e.agent_id::text as agent, to_jsonb(e) as row,
    row_number() over (partition by e.agent_id order by (to_jsonb(e) ->> 'seq')::bigint, e.created_at, e.id) - 1 as n
  from conversation_events e
)
select jsonb_build_object('source', 'conversation_events', 'format', 'conversation-events', 'conversation_id', e.agent,
  'items', jsonb_agg(e.row order by e.n))::text
from event e
group by e.agent, e.n / 1000
order by e.agent, e.n / 1000

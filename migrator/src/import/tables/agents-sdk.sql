-- The Agents SDK's session tables: agent_messages.
with row as (
  select m.session_id::text as session, m.id, to_jsonb(m) as row,
    (row_number() over (partition by m.session_id order by m.id) - 1) / 1000 as part
  from agent_messages m
)
select jsonb_build_object('source', 'agent_messages', 'format', 'openai-agents', 'conversation_id', r.session,
  'items', jsonb_agg(r.row order by r.id))::text
from row r
group by r.session, r.part
order by r.session, r.part

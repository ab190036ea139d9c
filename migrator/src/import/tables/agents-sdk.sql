-- The Agents SDK's session rows: of agent_messages, or of the table that its users named.
with row as (
  select m.session_id::text as session, m.id, m.tableoid::regclass::text as source, to_jsonb(m) as row,
    (row_number() over (partition by m.session_id order by m.id) - 1) / 1000 as part
  from {table} m
)
select jsonb_build_object('source', r.source, 'format', 'openai-agents', 'conversation_id', r.session,
  'items', jsonb_agg(r.row order by r.id))::text
from row r
group by r.source, r.session, r.part
order by r.session, r.part

-- A product's messages beside its run events: agent_messages, each with a position in its conversation.
with message as (
  select m.conversation_id::text as conversation, m.position, to_jsonb(m) as row,
    row_number() over (partition by m.conversation_id order by m.position) - 1 as n
  from agent_messages m
)
select jsonb_build_object('source', 'agent_messages', 'format', 'native', 'conversation_id', m.conversation,
  'items', jsonb_agg(
    jsonb_strip_nulls(jsonb_build_object('key', format('message %s', m.position), 'id', m.row ->> 'id',
      'sequence', m.position, 'kind', 'message', 'role', m.row ->> 'role', 'agent', m.row ->> 'agent',
      'model', m.row ->> 'model', 'run', m.row ->> 'response_id', 'occurred_at', m.row ->> 'created_at'))
    || jsonb_build_object('payload', m.row) order by m.n))::text
from message m
group by m.conversation, m.n / 1000
order by m.conversation, m.n / 1000

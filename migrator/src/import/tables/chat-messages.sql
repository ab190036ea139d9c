-- A product's own chat tables: conversations and messages with role and content. They number nothing.
with message as (
  select m.conversation_id::text as conversation, to_jsonb(m) as row, to_jsonb(c) as about,
    row_number() over (partition by m.conversation_id order by m.created_at, m.id) - 1 as n
  from messages m
  join conversations c on c.id = m.conversation_id
)
select jsonb_build_object('source', 'messages', 'format', 'native', 'conversation_id', m.conversation,
  'meta', jsonb_strip_nulls(m.about),
  'items', jsonb_agg(
    jsonb_build_object('key', m.row ->> 'id', 'id', m.row ->> 'id', 'kind', 'message', 'role', m.row ->> 'role',
      'user', m.about ->> 'user_id', 'occurred_at', m.row ->> 'created_at', 'payload', m.row)
    order by m.n))::text
from message m
group by m.conversation, m.about, m.n / 1000
order by m.conversation, m.n / 1000

-- Messages and the parts they are made of: messages, parts. A part may have come before its message.
with item as (
  select m.session_id::text as session, m.generated_at_unix_ms as at, 0 as rank, m.id,
    to_jsonb(m) || '{"type": "message"}' as item
  from messages m
  union all
  select p.session_id::text, p.generated_at_unix_ms, 1, p.id,
    to_jsonb(p) || jsonb_build_object('type', 'message.part', 'part_type', p.type)
  from parts p
),
numbered as (
  select i.*, row_number() over (partition by i.session order by i.at, i.rank, i.id) - 1 as n from item i
)
select jsonb_build_object('source', 'messages, parts', 'format', 'message-parts', 'conversation_id', n.session,
  'items', jsonb_agg(n.item order by n.n))::text
from numbered n
group by n.session, n.n / 1000
order by n.session, n.n / 1000

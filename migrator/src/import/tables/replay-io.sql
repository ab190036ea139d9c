-- Ledgers of model and tool calls with their blobs: agent_model_io, agent_tool_io, agent_io_blobs.
with call as (
  select to_jsonb(m) as row, m.input_blob_id, m.output_blob_id, m.created_at from agent_model_io m
  union all
  select to_jsonb(t), t.input_blob_id, t.output_blob_id, t.created_at from agent_tool_io t
),
item as (
  select (select trim(id.value)
      from unnest('{session_id,room,trace_id,request_id,intent_id,task_id,event_id}'::text[]) with ordinality o (name, n)
      cross join lateral (select c.row ->> o.name as value) id
      where trim(id.value) <> '' order by o.n limit 1) as conversation,
    -- What was cut inline is in its blob, as text; whether it was cut there, too, stands beside it.
    c.row || jsonb_strip_nulls(jsonb_build_object(
      'input_blob', i.payload, 'input_blob_row', to_jsonb(i) - 'payload',
      'output_blob', o.payload, 'output_blob_row', to_jsonb(o) - 'payload')) as item,
    c.created_at as at, (c.row ->> 'sequence')::bigint as sequence
  from call c
  left join agent_io_blobs i on i.id = c.input_blob_id
  left join agent_io_blobs o on o.id = c.output_blob_id
),
numbered as (
  select i.*, row_number() over (partition by i.conversation order by i.at, i.sequence, i.item ->> 'event_id') - 1 as n
  from item i
)
select jsonb_build_object('source', 'agent_model_io, agent_tool_io', 'format', 'replay-io', 'conversation_id', n.conversation,
  'items', jsonb_agg(n.item order by n.n))::text
from numbered n
group by n.conversation, n.n / 200
order by n.conversation, n.n / 200

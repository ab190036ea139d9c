-- Ledgers of model and tool calls with their blobs: agent_model_io, agent_tool_io, agent_io_blobs.
with call as (
  select to_jsonb(m) as row, m.input_blob_id, m.output_blob_id from agent_model_io m
  union all
  select to_jsonb(t), t.input_blob_id, t.output_blob_id from agent_tool_io t
),
item as (
  select coalesce(nullif(c.row ->> 'session_id', ''), nullif(c.row ->> 'room', ''), nullif(c.row ->> 'trace_id', ''),
      nullif(c.row ->> 'request_id', ''), c.row ->> 'event_id') as conversation,
    -- What was cut inline is whole in its blob, as text.
    c.row || jsonb_strip_nulls(jsonb_build_object('input_blob', i.payload, 'output_blob', o.payload)) as item,
    c.row ->> 'created_at' as at, (c.row ->> 'sequence')::bigint as sequence
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

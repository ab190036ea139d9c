-- A product's ledger of what its streams sent: conversation_ledger_events. Numbers count within a stream.
with event as (
  select e.conversation_id::text as conversation, e.stream_id, e.event_id, to_jsonb(e) as row,
    row_number() over (partition by e.conversation_id order by e.id) - 1 as n
  from conversation_ledger_events e
)
select jsonb_build_object('source', 'conversation_ledger_events', 'format', 'native', 'conversation_id', e.conversation,
  'items', jsonb_agg(
    jsonb_strip_nulls(jsonb_build_object(
      'key', format('%s/%s', e.stream_id, e.event_id), 'id', format('%s/%s', e.stream_id, e.event_id),
      'sequence', e.event_id, 'kind', e.row ->> 'kind', 'agent', e.row ->> 'agent', 'model', e.row ->> 'model',
      'tool_name', e.row ->> 'tool_name', 'tool_call_id', e.row ->> 'tool_call_id', 'run', e.row ->> 'response_id',
      'occurred_at', e.row ->> 'server_timestamp'))
    || jsonb_build_object('payload', e.row) order by e.n))::text
from event e
group by e.conversation, e.n / 1000
order by e.conversation, e.n / 1000

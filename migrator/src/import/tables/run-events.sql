-- A product's log of run events beside the Agents SDK's session tables: agent_run_events.
with event as (
  select e.conversation_id::text as conversation, e.sequence_no, to_jsonb(e) as row,
    (row_number() over (partition by e.conversation_id order by e.sequence_no) - 1) / 1000 as part
  from agent_run_events e
)
select jsonb_build_object('source', 'agent_run_events', 'format', 'native', 'conversation_id', e.conversation,
  'items', jsonb_agg(
    jsonb_strip_nulls(jsonb_build_object(
      'key', e.row ->> 'id', 'id', e.row ->> 'id', 'sequence', e.sequence_no,
      'kind', case when e.row ->> 'run_item_type' in ('user_message', 'system_message', 'assistant_message')
        then 'message' else e.row ->> 'run_item_type' end,
      'role', coalesce(e.row ->> 'role', substring(e.row ->> 'run_item_type' from '^(user|system|assistant)_message$')),
      'agent', e.row ->> 'agent', 'model', e.row ->> 'model', 'tool_name', e.row ->> 'tool_name',
      'tool_call_id', e.row ->> 'tool_call_id', 'run', coalesce(e.row ->> 'response_id', e.row ->> 'workflow_run_id'),
      'occurred_at', e.row ->> 'created_at'))
    || jsonb_build_object('payload', e.row) order by e.sequence_no))::text
from event e
group by e.conversation, e.part
order by e.conversation, e.part

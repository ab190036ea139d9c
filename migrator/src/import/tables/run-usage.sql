-- What the responses of a product's runs used: agent_run_usage, told by the response of agent_run_events.
with used as (
  select to_jsonb(u) as row, r.conversation,
    row_number() over (partition by r.conversation order by u.response_id) - 1 as n
  from agent_run_usage u
  join (select e.response_id, min(e.conversation_id::text) as conversation from agent_run_events e group by 1) r
    using (response_id)
)
select jsonb_build_object('source', 'agent_run_usage', 'format', 'provider-response', 'conversation_id', u.conversation,
  'items', jsonb_agg(jsonb_build_object('id', u.row ->> 'response_id', 'usage', u.row) order by u.n))::text
from used u
group by u.conversation, u.n / 1000
order by u.conversation, u.n / 1000

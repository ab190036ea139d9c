set local role transcript_owner;

-- One projected item, as transcript.project returns it: how append carries a batch from one
-- statement to the next.
create type transcript.item as (
  index integer,
  conversation text,
  conversation_id uuid,
  run text,
  run_id uuid,
  event_key uuid,
  user_id text,
  kind text,
  role text,
  agent text,
  model text,
  tool_name text,
  tool_call_id text,
  sequence bigint,
  occurred_us bigint,
  calls text[],
  answers text[],
  item_id text,
  parent_id text,
  about_run jsonb,
  payload jsonb,
  reason text
);
comment on type transcript.item is 'one item of a batch, as transcript.project returns it';

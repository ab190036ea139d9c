set local role transcript_owner;

-- What the kinds mean. A catalogue, not a limit: an unknown kind is stored under its own name.
create table transcript.event_kinds (
  kind text primary key,
  description text not null
);
comment on table transcript.event_kinds is 'the kinds of events that formats produce; unknown ones keep their own name';
insert into transcript.event_kinds (kind, description) values
  ('message', 'what a user, a system or an agent said; role says who'),
  ('message_delta', 'a streamed piece of a message'),
  ('reasoning', 'what a model thought, whole or summarised'),
  ('reasoning_delta', 'a streamed piece of reasoning'),
  ('tool_call', 'a tool is called; tool_call_id joins it to its result'),
  ('tool_call_delta', 'a streamed piece of a call''s arguments'),
  ('tool_result', 'what a tool gave back'),
  ('mcp_call', 'a call to an MCP server, with its output'),
  ('mcp_list_tools', 'the tools that an MCP server offers'),
  ('approval_request', 'a call waits for a person'),
  ('approval_response', 'what the person decided'),
  ('model_call', 'a model was called: started, finished or failed'),
  ('agent_change', 'another agent took over'),
  ('compaction', 'history was replaced by a summary');

alter table transcript.event_kinds enable row level security;
alter table transcript.event_kinds force row level security;

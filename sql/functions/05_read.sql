-- Reading with the caller's rights: row-level security decides what is there. A conversation that
-- belongs to somebody else and one that does not exist give the same answer: no rows.
set local role transcript_owner;

-- Arguments: conversation, the caller's id; after_seq, only events behind it; max_events, at most so
-- many; kinds, only these; inflate, whole payloads with all their parts in place of what is inline.
create or replace function transcript.timeline(
  conversation text, after_seq bigint default 0, max_events bigint default null,
  kinds text[] default null, inflate boolean default false)
  returns table (
    seq bigint, recorded_at timestamptz, occurred_at timestamptz, kind text, role text, agent text,
    model text, tool_name text, tool_call_id text, run text, sequence bigint, payload jsonb,
    payload_bytes integer, digest bytea, capped boolean, redactions integer,
    parts integer, calls text[], answers text[], item_id text, parent_id text)
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select e.seq, e.recorded_at, e.occurred_at, e.kind, e.role, e.agent, e.model, e.tool_name,
    e.tool_call_id, r.external_id, e.sequence,
    case when inflate then transcript.whole_payload(e) else e.payload end,
    e.payload_bytes, e.digest, e.blob_at is not null, e.redactions, e.parts,
    e.calls, e.answers, e.item_id, e.parent_id
  from transcript.events e
  left join transcript.runs r on r.conversation_id = e.conversation_id and r.run_id = e.run_id
  where e.conversation_id = transcript.conversation_id(transcript.required_tenant(), timeline.conversation)
    and e.seq > after_seq
    and (kinds is null or e.kind = any (kinds))
  order by e.seq
  limit max_events
$$;
comment on function transcript.timeline(text, bigint, bigint, text[], boolean) is
  'The events of a conversation in order; inflate gives whole payloads in place of capped ones and of references. TR012: tenant is not set.';

-- The words of a message in any of the stored formats.
create or replace function transcript.message_text(payload jsonb) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case jsonb_typeof(content)
    when 'string' then content #>> '{}'
    when 'array' then (
      select string_agg(coalesce(part ->> 'text', part ->> 'refusal', part #>> '{}'), E'\n' order by n)
      from jsonb_array_elements(content) with ordinality as parts (part, n)
      where jsonb_typeof(part) = 'string' or part ? 'text' or part ? 'refusal')
    end
  from (select coalesce(
    payload -> 'content', payload #> '{item,raw_item,content}', payload #> '{item,content}',
    payload #> '{event,item,content}', payload #> '{data,item,content}', payload -> 'text',
    case when jsonb_typeof(payload) = 'string' then payload end)) as found (content)
$$;
comment on function transcript.message_text(jsonb) is
  'The words of a message: its content string, or the text parts of it, one per line.';

create or replace function transcript.messages(conversation text)
  returns table (seq bigint, recorded_at timestamptz, role text, agent text, content text)
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select t.seq, t.recorded_at, t.role, t.agent, transcript.message_text(t.payload)
  from transcript.timeline(conversation, kinds => array['message'], inflate => true) t
  order by t.seq
$$;
comment on function transcript.messages(text) is
  'What was said in a conversation, in order. TR012: tenant is not set.';

revoke all on function transcript.timeline(text, bigint, bigint, text[], boolean),
  transcript.message_text(jsonb), transcript.messages(text) from public;
grant execute on function transcript.timeline(text, bigint, bigint, text[], boolean),
  transcript.message_text(jsonb), transcript.messages(text) to transcript_reader;

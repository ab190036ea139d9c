-- What somebody sees who may see structure but no content: how long a conversation was, which kinds of
-- events it had, how large, how long apart, which tools were called. The views run with the owner's
-- rights, because their reader has none on the tables; the owner is bound to the tenant and the user of
-- the transaction (FORCE), and so is whoever reads through it. Ids that a content's hash gives away are
-- left out: digests, event keys.
set local role transcript_owner;

-- The views call the extension through these: a view itself would keep it from being dropped.
create or replace function transcript.masked(payload jsonb) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as 'select transcript.mask(payload)';
comment on function transcript.masked(jsonb) is
  'transcript.mask, for views.';

create or replace function transcript.masked_text(content text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as 'select transcript.mask_text(content)';
comment on function transcript.masked_text(text) is
  'transcript.mask_text, for views.';

create or replace function transcript.masked_label(label text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as 'select transcript.mask_label(label)';
comment on function transcript.masked_label(text) is
  'transcript.mask_label, for views.';

create or replace view transcript.masked_conversations with (security_barrier) as
  select v.conversation_id, v.tenant_id, transcript.masked_text(v.external_id) as external_id,
    transcript.masked_text(v.agent) as agent, transcript.masked_text(v.title) as title,
    transcript.masked(v.metadata) as metadata, v.event_count, v.message_count, v.first_activity,
    v.last_activity, v.hold, v.created_at
  from transcript.conversations v;
comment on view transcript.masked_conversations is
  'conversations without what was said: counts, times, and markers in place of texts';

create or replace view transcript.masked_runs with (security_barrier) as
  select r.conversation_id, r.run_id, r.tenant_id, transcript.masked_text(r.external_id) as external_id,
    transcript.masked_text(r.agent) as agent, transcript.masked_text(r.model) as model,
    transcript.masked_text(r.provider) as provider,
    transcript.masked(jsonb_build_object('status', r.status)) ->> 'status' as status,
    transcript.masked_text(r.error) as error, transcript.masked_text(r.provider_source) as provider_source,
    transcript.masked_text(r.provider_path) as provider_path, r.latency_ms, r.input_tokens, r.output_tokens,
    r.total_tokens, transcript.masked(r.usage) as usage, r.started_at, r.last_activity
  from transcript.runs r;
comment on view transcript.masked_runs is
  'runs without content: times, token counts, and markers in place of texts';

create or replace view transcript.masked_events with (security_barrier) as
  select e.conversation_id, e.seq, e.recorded_at, e.run_id, e.tenant_id,
    -- The catalogue is the list of kinds that say nothing of the content.
    case when exists (select from transcript.event_kinds k where k.kind = e.kind) then e.kind
      else transcript.masked_text(e.kind) end as kind,
    transcript.masked(jsonb_build_object('role', e.role)) ->> 'role' as role,
    transcript.masked_text(e.agent) as agent, transcript.masked_text(e.model) as model,
    transcript.masked_label(e.tool_name) as tool_name,
    -- In place of the id that joins a call to its result.
    (select min(c.seq) from transcript.events c
     where c.conversation_id = e.conversation_id and c.tool_call_id = e.tool_call_id) as tool_call_seq,
    coalesce(cardinality(e.calls), 0) as calls, coalesce(cardinality(e.answers), 0) as answers,
    e.sequence, e.occurred_at, transcript.masked(e.payload) as payload, e.payload_bytes,
    e.blob_at is not null as capped, e.redactions, e.policy_version
  from transcript.events e;
comment on view transcript.masked_events is
  'events without content: payload is transcript.mask of the stored one; tool_call_seq is the first event with the same call id';

create or replace function transcript.masked_timeline(
  conversation uuid, after_seq bigint default 0, max_events bigint default null)
  returns table (
    seq bigint, recorded_at timestamptz, occurred_at timestamptz, kind text, role text, agent text,
    model text, tool_name text, tool_call_seq bigint, run_id uuid, payload jsonb, payload_bytes integer,
    capped boolean, redactions integer)
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select e.seq, e.recorded_at, e.occurred_at, e.kind, e.role, e.agent, e.model, e.tool_name,
    e.tool_call_seq, e.run_id, e.payload, e.payload_bytes, e.capped, e.redactions
  from transcript.masked_events e
  where transcript.required_tenant() is not null and e.conversation_id = conversation and e.seq > after_seq
  order by e.seq
  limit max_events
$$;
comment on function transcript.masked_timeline(uuid, bigint, bigint) is
  'The events of a conversation in order, without content; the id is that of masked_conversations. TR012: tenant is not set.';

revoke all on function transcript.masked(jsonb), transcript.masked_text(text), transcript.masked_label(text),
  transcript.masked_timeline(uuid, bigint, bigint) from public;
grant execute on function transcript.masked(jsonb), transcript.masked_text(text), transcript.masked_label(text),
  transcript.masked_timeline(uuid, bigint, bigint), transcript.tenant(), transcript.acting_user(),
  transcript.required_tenant() to transcript_structure_reader;
grant select on transcript.masked_conversations, transcript.masked_runs, transcript.masked_events
  to transcript_structure_reader;

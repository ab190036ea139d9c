-- A policy got stricter: history follows, tenant by tenant, in batches of one transaction each.
-- What redacts is the tables' own triggers; here is only which rows they are to look at again.
set local role transcript_owner;

create or replace function transcript.redacted_texts(tenant text, variadic texts text[])
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select array_agg(transcript.redacted(to_jsonb(t.value), tenant) #>> '{}' order by t.n)
  from unnest(texts) with ordinality as t (value, n)
$$;
comment on function transcript.redacted_texts(text, text[]) is
  'Texts as a tenant''s policy leaves them, in their order.';

-- The paths of findings name keys, and today's policy may hide one of those; a state that was replaced
-- is content.
create or replace function transcript.redacted_detail(detail jsonb, tenant text)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case when jsonb_typeof(detail) = 'array' then (
      select jsonb_agg(
        case when f.value ? 'path'
          then f.value || jsonb_build_object('path', transcript.redacted(f.value -> 'path', tenant))
          else f.value end order by f.n)
      from jsonb_array_elements(detail) with ordinality as f (value, n))
    else transcript.redacted(detail, tenant) end
$$;
comment on function transcript.redacted_detail(jsonb, text) is
  'The detail of an audit row as a tenant''s policy leaves it: paths of findings, or a state that was replaced.';

create or replace function transcript.sum_counts(a jsonb, b jsonb) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(c.key, c.total), '{}')
  from (
    select key, sum(value::numeric) as total
    from (select * from jsonb_each_text(a) union all select * from jsonb_each_text(b)) both_of_them
    group by key having sum(value::numeric) <> 0
  ) c
$$;
comment on function transcript.sum_counts(jsonb, jsonb) is
  'Two objects of counts added up, member by member.';

-- One event through its trigger again; what it was is told by whoever looked.
create or replace function transcript.reredact_event(
  conversation uuid, event_seq bigint, at timestamptz, was_redactions integer, was_bytes integer,
  was_digest bytea, was_blob_at timestamptz)
  returns timestamptz
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  whole jsonb;
  is_part boolean;
  now_is record;
begin
  select transcript.inflated(conversation, was_digest, at, was_blob_at, e.payload) into strict whole
    from transcript.events e
    where e.conversation_id = conversation and e.seq = event_seq and e.recorded_at = at;
  -- Over the blob cap, or its blob is gone: what is left of it is all there is.
  is_part := transcript.digest(whole) <> was_digest;
  if is_part then
    -- Of what is no longer there the digest under the old policy would tell something.
    whole := whole #- case jsonb_typeof(whole)
      when 'array' then '{-1,$capped,sha256}'::text[] else '{$capped,sha256}' end;
  end if;
  update transcript.events e
    -- Taken off its place: the trigger binds it to what will be stored there.
    set payload = whole, blob_at = null, fingerprint = e.fingerprint # transcript.place(e.seq, e.payload)
    where e.conversation_id = conversation and e.seq = event_seq and e.recorded_at = at
    returning e.redactions, e.digest, e.blob_at into strict now_is;
  -- The trigger counts what it hid just now, and knows no size but that of what it was given.
  if was_redactions > 0 or is_part then
    update transcript.events e
      set redactions = was_redactions + now_is.redactions,
        payload_bytes = case when is_part then was_bytes else e.payload_bytes end
      where e.conversation_id = conversation and e.seq = event_seq and e.recorded_at = at;
  end if;
  if is_part then
    update transcript.blobs b set truncated = true, payload_bytes = was_bytes
      where b.conversation_id = conversation and b.digest = now_is.digest and b.recorded_at = now_is.blob_at;
  end if;
  return case when was_digest <> now_is.digest then date_trunc('day', at, 'UTC') end;
end
$$;
comment on function transcript.reredact_event(uuid, bigint, timestamptz, integer, integer, bytea, timestamptz) is
  'Writes an event''s whole payload anew, so that its trigger redacts, digests and caps it under today''s policy; gives its day when what it referred to may be unused by now.';

-- What the triggers look at. A plan and a sweep must give the same answer, so both ask this.
-- A row that is no event has neither kind nor tool.
create or replace function transcript.row_differs(
  content jsonb, tenant text, kind text, tool text, variadic labels text[])
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select transcript.redacted(content, tenant, kind, tool) is distinct from content
    or transcript.redacted_texts(tenant, variadic labels) is distinct from labels
$$;
comment on function transcript.row_differs(jsonb, text, text, text, text[]) is
  'Whether a tenant''s policy hides something in a row, its jsonb and its texts, that is not hidden yet.';

-- One stretch of one conversation: its own columns, its runs, and up to so many events behind a seq.
create or replace function transcript.reredact_conversation(
  conversation uuid, version integer, every_row boolean, after_seq bigint,
  max_events integer, until timestamptz,
  out last_seq bigint, out looked jsonb, out changed jsonb, out findings jsonb, out tables name[],
  out from_version integer)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  audited bigint := coalesce(pg_sequence_last_value('transcript.audit_log_audit_id_seq'), 0);
  event record;
  seen bigint := 0;
  rewritten bigint[] := '{}';
  left_behind timestamptz;
  days timestamptz[] := '{}';
  day timestamptz;
  conversations bigint := 0;
  runs bigint := 0;
  all_runs bigint := 0;
  blobs bigint := 0;
  dropped bigint;
  audits bigint := 0;
  leaves oid[] := '{}';
  ended boolean;
begin
  tables := '{}';
  if after_seq is null then
    update transcript.conversations v set external_id = v.external_id
      where v.conversation_id = conversation
        and transcript.row_differs(v.metadata, transcript.tenant(), null, null, v.external_id, v.agent, v.title);
    get diagnostics conversations = row_count;
    select count(*) into all_runs from transcript.runs r where r.conversation_id = conversation;
    update transcript.runs r set external_id = r.external_id
      where r.conversation_id = conversation
        and transcript.row_differs(r.usage, transcript.tenant(), null, null,
          r.external_id, r.agent, r.model, r.provider, r.provider_source, r.provider_path,
          r.provider_request_id, r.trace_id, r.request_id, r.intent_id, r.task_id, r.status, r.error);
    get diagnostics runs = row_count;
  end if;

  for event in
    select e.seq, e.recorded_at, e.policy_version, e.redactions, e.payload_bytes, e.digest, e.blob_at, e.tableoid,
      (every_row or e.policy_version <> version) and transcript.row_differs(
        transcript.whole_payload(e), transcript.tenant(), e.kind, e.tool_name,
        variadic array[e.kind, e.role, e.agent, e.model, e.tool_name, e.tool_call_id, e.item_id, e.parent_id]
                || e.calls || e.answers) as differs
    from transcript.events e
    where e.conversation_id = conversation and e.seq > coalesce(after_seq, 0)
    order by e.seq
    limit max_events
  loop
    seen := seen + 1;
    last_seq := event.seq;
    from_version := least(from_version, event.policy_version);
    if event.differs then
      left_behind := transcript.reredact_event(conversation, event.seq, event.recorded_at,
        event.redactions, event.payload_bytes, event.digest, event.blob_at);
      rewritten := rewritten || event.seq;
      if left_behind is not null and left_behind <> all (days) then
        days := days || left_behind;
      end if;
      if event.tableoid <> all (leaves) then
        leaves := leaves || event.tableoid;
      end if;
    end if;
    exit when clock_timestamp() > until;
  end loop;
  ended := seen < max_events and not (seen > 0 and clock_timestamp() > until);
  foreach day in array days loop
    dropped := transcript.drop_unreferenced(conversation, day);
    if dropped > 0 then
      blobs := blobs + dropped;
      tables := tables || array(
        select p.leaf from transcript.partitions p
        where p.parent <> 'events' and day >= p.lower_bound and day < p.upper_bound);
    end if;
  end loop;

  select coalesce(jsonb_object_agg(f.rule, f.count), '{}') into findings from (
    select d ->> 'rule' as rule, sum((d ->> 'count')::bigint) as count
    from transcript.audit_log a cross join lateral jsonb_array_elements(a.detail) d
    where a.tenant_id = transcript.tenant() and a.conversation_id = conversation and a.seq = any (rewritten)
      and a.action = 'redact' and a.audit_id > audited
    group by 1) f;
  update transcript.audit_log a set detail = transcript.redacted_detail(a.detail, transcript.tenant())
    where a.tenant_id = transcript.tenant() and a.conversation_id = conversation
      and a.seq > coalesce(after_seq, 0) and (ended or a.seq <= last_seq) and a.action in ('redact', 'replace')
      and transcript.redacted_detail(a.detail, transcript.tenant()) is distinct from a.detail;
  get diagnostics audits = row_count;

  looked := jsonb_build_object('events', seen, 'runs', all_runs,
    'conversations', case when after_seq is null then 1 else 0 end);
  changed := jsonb_build_object('events', cardinality(rewritten), 'conversations', conversations, 'runs', runs,
    'blobs', blobs, 'audit_log', audits);
  tables := tables || array(select c.relname from pg_class c where c.oid = any (leaves)) || array(
    select t from (values ('conversations'::name, conversations), ('runs', runs), ('audit_log', audits)) c (t, n)
    where n > 0);
  if ended then
    last_seq := null;
  end if;
end
$$;
comment on function transcript.reredact_conversation(uuid, integer, boolean, bigint, integer, timestamptz) is
  'Sweeps a stretch of a conversation whose row is locked; last_seq is null when it is done.';

-- Dead letters in the order of their ids, as long as nobody else holds the next one.
create or replace function transcript.reredact_rejected(
  include_held boolean, after_id uuid, max_rows integer, until timestamptz,
  out last_id uuid, out looked bigint, out changed bigint, out held bigint)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  letter record;
  ended boolean := true;
begin
  looked := 0;
  changed := 0;
  held := 0;
  for letter in
    select r.rejected_id, (not include_held and coalesce(v.hold, false)) as held,
      transcript.row_differs(r.envelope, transcript.tenant(), null, null, r.conversation, r.source, r.format, r.reason, r.raw) as differs
    from transcript.rejected r
    left join transcript.conversations v
      on v.conversation_id = transcript.conversation_id(r.tenant_id, r.conversation)
    where r.tenant_id = transcript.tenant() and (after_id is null or r.rejected_id > after_id)
    order by r.rejected_id
    limit max_rows
  loop
    if letter.held then
      held := held + 1;
    elsif letter.differs then
      -- A batch that is being appended may hold it, and wait for another one that this batch holds.
      if changed > 0 then
        perform from transcript.rejected r
          where r.tenant_id = transcript.tenant() and r.rejected_id = letter.rejected_id
          for update skip locked;
        if not found then
          ended := false;
          exit;
        end if;
      end if;
      update transcript.rejected r set reason = r.reason
        where r.tenant_id = transcript.tenant() and r.rejected_id = letter.rejected_id;
      changed := changed + 1;
    end if;
    looked := looked + 1;
    last_id := letter.rejected_id;
    if clock_timestamp() > until then
      ended := false;
      exit;
    end if;
  end loop;
  if ended and looked < max_rows then
    last_id := null;
  end if;
end
$$;
comment on function transcript.reredact_rejected(boolean, uuid, integer, timestamptz) is
  'Sweeps a stretch of a tenant''s dead letters; last_id is null when it is done.';

revoke all on function transcript.redacted_texts(text, text[]), transcript.redacted_detail(jsonb, text),
  transcript.sum_counts(jsonb, jsonb), transcript.row_differs(jsonb, text, text, text, text[]),
  transcript.reredact_event(uuid, bigint, timestamptz, integer, integer, bytea, timestamptz),
  transcript.reredact_conversation(uuid, integer, boolean, bigint, integer, timestamptz),
  transcript.reredact_rejected(boolean, uuid, integer, timestamptz) from public;

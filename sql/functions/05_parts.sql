-- What is stored apart from its event, put back. With the caller's rights: row-level security decides
-- what is there, and what is not there stays a reference.
set local role transcript_owner;

create or replace function transcript.assembled(skeleton jsonb, conversation_id uuid, day timestamptz)
  returns jsonb
  language plpgsql stable parallel safe
  set search_path = pg_catalog, pg_temp
  -- One look-up per node and item, whatever the caller told the planner.
  set enable_nestloop = on
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_seqscan = off
  set jit = off
as $$
#variable_conflict use_variable
declare
  wanted_attachments bytea[];
  wanted_shared bytea[];
  wanted_inputs bytea[];
  attachments bytea[];
  contents bytea[];
  shared bytea[];
  payloads jsonb[];
  inputs bytea[];
  items jsonb[];
begin
  select array_agg(distinct r.sha256) filter (where r.kind = 'attachment'),
      array_agg(distinct r.sha256) filter (where r.kind = 'shared'),
      array_agg(distinct r.sha256) filter (where r.kind = 'input')
    into wanted_attachments, wanted_shared, wanted_inputs
    from transcript.part_references(skeleton) r;
  if wanted_attachments is not null then
    select array_agg(a.digest), array_agg(a.content) into attachments, contents
      from transcript.attachments a
      where a.conversation_id = conversation_id and a.recorded_at = day and a.digest = any (wanted_attachments);
  end if;
  if wanted_shared is not null then
    select array_agg(b.digest),
        array_agg(case when b.parts > 0 then transcript.assembled(b.payload, conversation_id, day) else b.payload end)
      into shared, payloads
      from transcript.blobs b
      where b.conversation_id = conversation_id and b.recorded_at = day and b.digest = any (wanted_shared);
  end if;
  if wanted_inputs is not null then
    with recursive chain as (
      select i.digest as input, i.parent, i.item, i.position
      from transcript.inputs i
      where i.conversation_id = conversation_id and i.recorded_at = day and i.digest = any (wanted_inputs)
      union all
      select c.input, i.parent, i.item, i.position
      from chain c
      join transcript.inputs i on i.conversation_id = conversation_id and i.recorded_at = day
        -- The position ends the walk, whatever the rows say.
        and i.digest = c.parent and i.position = c.position - 1
    )
    select array_agg(c.input order by c.input, c.position),
        array_agg(
          case when b.parts > 0 then transcript.assembled(b.payload, conversation_id, day)
            -- An item that is gone is named.
            else coalesce(b.payload, jsonb_build_object('$shared', jsonb_build_object('sha256', encode(c.item, 'hex'))))
          end order by c.input, c.position)
      into inputs, items
      from chain c
      left join transcript.blobs b
        on b.conversation_id = conversation_id and b.recorded_at = day and b.digest = c.item;
  end if;
  return transcript.assemble(skeleton, attachments, contents, shared, payloads, inputs, items);
end
$$;
comment on function transcript.assembled(jsonb, uuid, timestamptz) is
  'A payload or blob with parts, whole; what is missing or hidden stays a reference.';

create or replace function transcript.inflated(
  conversation_id uuid, digest bytea, recorded_at timestamptz, blob_at timestamptz, payload jsonb)
  returns jsonb
  language plpgsql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  blob record;
begin
  if blob_at is null then
    return transcript.assembled(payload, conversation_id, date_trunc('day', recorded_at, 'UTC'));
  end if;
  select b.payload, b.parts into blob
    from transcript.blobs b
    where b.conversation_id = conversation_id and b.digest = digest and b.recorded_at = blob_at;
  return case
    when not found then payload
    when blob.parts > 0 then transcript.assembled(blob.payload, conversation_id, blob_at)
    else blob.payload
  end;
end
$$;
comment on function transcript.inflated(uuid, bytea, timestamptz, timestamptz, jsonb) is
  'The whole payload of an event that is capped or has parts; as it is stored where the blob is missing.';

-- One expression, so that it is inlined: a payload that lies whole in its row costs nothing.
create or replace function transcript.whole_payload(event transcript.events) returns jsonb
  language sql stable parallel safe
as $$
  select case when (event).blob_at is null and (event).parts = 0 then (event).payload
    else transcript.inflated(
      (event).conversation_id, (event).digest, (event).recorded_at, (event).blob_at, (event).payload) end
$$;
comment on function transcript.whole_payload(transcript.events) is
  'The whole redacted payload of an event, with its parts; its digest is that of the event unless something is missing or was over blob_bytes.';

-- Arguments: conversation, the caller's id; seq, the event of kind model_call.
create or replace function transcript.model_input(conversation text, seq bigint) returns jsonb
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select transcript.call_input(transcript.whole_payload(e))
  from transcript.events e
  where e.conversation_id = transcript.conversation_id(transcript.required_tenant(), model_input.conversation)
    and e.seq = model_input.seq and e.kind = 'model_call'
$$;
comment on function transcript.model_input(text, bigint) is
  'What a model call sent to the model, as it was sent: every item of its input. Null when it does not say, or is no model call. TR012: tenant is not set.';

-- Arguments: conversation, the caller's id.
create or replace function transcript.attachments(conversation text)
  returns table (seq bigint, path text, media_type text, bytes bigint, sha256 bytea)
  language plpgsql stable parallel safe
  set search_path = pg_catalog, pg_temp
  set enable_nestloop = on
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_seqscan = off
  set jit = off
as $$
#variable_conflict use_column
begin
  return query
  with recursive found (seq, conversation_id, day, path, kind, sha256, size, media_type, level) as (
    select e.seq, e.conversation_id, date_trunc('day', e.recorded_at, 'UTC'), r.path, r.kind, r.sha256, r.size,
      r.media_type, 0
    from transcript.events e
    left join transcript.blobs b
      on b.conversation_id = e.conversation_id and b.digest = e.digest and b.recorded_at = e.blob_at
    cross join lateral transcript.part_references(
      case when e.blob_at is null then e.payload when b.parts > 0 then b.payload end) r
    where e.conversation_id = transcript.conversation_id(transcript.required_tenant(), attachments.conversation)
      and e.parts > 0
    union all
    select f.seq, f.conversation_id, f.day, next.path, next.kind, next.sha256, next.size, next.media_type, next.level
    from found f
    cross join lateral (
      -- What a shared value or an item of an input has in turn…
      select f.path || substr(r.path, 2) as path, r.kind, r.sha256, r.size, r.media_type, f.level + 1 as level
      from transcript.blobs b
      cross join lateral transcript.part_references(b.payload) r
      where f.kind = 'shared' and b.conversation_id = f.conversation_id and b.digest = f.sha256
        and b.recorded_at = f.day and b.parts > 0 and f.level < 8
      union all
      -- …and an input's last item, and the input before it.
      select step.path, step.kind, step.sha256, step.size, null, f.level
      from transcript.inputs i
      cross join lateral (values
        (format('%s[%s]', f.path, i.position - 1), 'shared', i.item, 0::bigint),
        (f.path, 'input', i.parent, f.size - 1)) step (path, kind, sha256, size)
      where f.kind = 'input' and i.conversation_id = f.conversation_id and i.digest = f.sha256
        and i.recorded_at = f.day and i.position = f.size and step.sha256 is not null
    ) next
  )
  select f.seq, f.path, f.media_type, f.size, f.sha256
  from found f
  where f.kind = 'attachment'
  order by f.seq, f.path;
end
$$;
comment on function transcript.attachments(text) is
  'The attachments that the events of a conversation carry, and where in the payload. TR012: tenant is not set.';

create or replace function transcript.attachment(conversation text, sha256 bytea) returns bytea
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select a.content
  from transcript.attachments a
  where a.conversation_id = transcript.conversation_id(transcript.required_tenant(), attachment.conversation)
    and a.digest = attachment.sha256
  limit 1
$$;
comment on function transcript.attachment(text, bytea) is
  'The bytes of an attachment of a conversation; null where there is none. TR012: tenant is not set.';

revoke all on function transcript.assembled(jsonb, uuid, timestamptz),
  transcript.inflated(uuid, bytea, timestamptz, timestamptz, jsonb),
  transcript.whole_payload(transcript.events), transcript.model_input(text, bigint),
  transcript.attachments(text), transcript.attachment(text, bytea) from public;
grant execute on function transcript.assembled(jsonb, uuid, timestamptz),
  transcript.inflated(uuid, bytea, timestamptz, timestamptz, jsonb),
  transcript.whole_payload(transcript.events), transcript.model_input(text, bigint),
  transcript.attachments(text), transcript.attachment(text, bytea) to transcript_reader;

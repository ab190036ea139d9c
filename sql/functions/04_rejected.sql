-- Dead letters: what was sent and could not become an event. Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

create or replace function transcript.keep_rejected(
  tenant text, user_id text, conversation text, source text, line bigint, item_index integer,
  format text, reason text, envelope jsonb, raw text)
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  -- A retry of the same thing is the same letter.
  insert into transcript.rejected as r (
    tenant_id, rejected_id, user_id, conversation, source, line, item_index, format, reason, envelope, raw,
    raw_bytes)
  values (
    tenant,
    encode(substr(sha256(convert_to(jsonb_build_array(
      user_id, conversation, source, line, item_index, format, reason, md5(raw))::text, 'UTF8')), 1, 16), 'hex')::uuid,
    user_id, conversation, source, line, item_index, format, reason, envelope, left(raw, 1048576), octet_length(raw))
  on conflict (tenant_id, rejected_id) do update
    set attempts = r.attempts + 1, last_attempt_at = clock_timestamp()
$$;
comment on function transcript.keep_rejected(text, text, text, text, bigint, integer, text, text, jsonb, text) is
  'Writes one dead letter; the head of raw is kept, redacted by the table''s trigger.';

create or replace function transcript.reject(source text, line bigint, format text, reason text, raw text)
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform transcript.keep_rejected(transcript.required_tenant(), transcript.acting_user(),
    null, source, line, null, format, coalesce(reason, 'unknown'), null, raw);
end
$$;
comment on function transcript.reject(text, bigint, text, text, text) is
  'Keeps a line that could not be read as a dead letter. TR012: tenant is not set.';

-- What a batch says for all its items, as it would stand around one of them alone.
create or replace function transcript.item_envelope(batch jsonb, item_index integer) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case when jsonb_typeof(batch) = 'object'
    then batch - '{items,payloads,title,metadata,source}'::text[]
      || case when jsonb_typeof(batch -> 'sequence') = 'number'
        then jsonb_build_object('sequence', (batch ->> 'sequence')::numeric + item_index) else '{}' end
    else '{}' end
$$;
comment on function transcript.item_envelope(jsonb, integer) is
  'The envelope of a batch for one of its items.';

-- Dead letters of what a batch's verdicts reject.
create or replace function transcript.keep_refused(
  this_tenant text, this_user text, batch jsonb, format text, source text, items transcript.item[],
  verdicts transcript.verdict[])
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  select transcript.keep_rejected(this_tenant, this_user, i.conversation, source, null, i.index, format, v.reason,
      transcript.item_envelope(batch, i.index),
      -- The item as it came; of one that is too large or too deep to walk, the head.
      transcript.unparse(transcript.redacted(
        case when i.reason ~ '^TR00[23]' then i.payload
          when jsonb_typeof(batch) = 'array' then batch -> i.index
          else coalesce(batch -> 'items', batch -> 'payloads') -> i.index end, this_tenant)))
    from unnest(items) i
    join unnest(verdicts) v on v.index = i.index
    where v.status = 'rejected'
$$;
comment on function transcript.keep_refused(
    text, text, jsonb, text, text, transcript.item[], transcript.verdict[]) is
  'Writes the items of a batch that are rejected as dead letters.';

revoke all on function
  transcript.keep_rejected(text, text, text, text, bigint, integer, text, text, jsonb, text),
  transcript.reject(text, bigint, text, text, text), transcript.item_envelope(jsonb, integer),
  transcript.keep_refused(text, text, jsonb, text, text, transcript.item[], transcript.verdict[]) from public;
grant execute on function transcript.reject(text, bigint, text, text, text) to transcript_writer;

-- Which blobs, attachments and inputs are in use, and whether they are what they should be.
set local role transcript_owner;

-- Everything that the events of a conversation's day lead to, found by following references.
create or replace function transcript.parts_in_use(conversation_id uuid, day timestamptz)
  returns table (kind text, digest bytea)
  language plpgsql stable
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
  with recursive used (kind, digest) as (
    select root.kind, root.digest
    from transcript.events e
    cross join lateral (
      select 'shared' as kind, e.digest where e.blob_at is not null
      union all
      select r.kind, r.sha256 from transcript.part_references(e.payload) r where e.blob_at is null and e.parts > 0
    ) root
    where e.conversation_id = parts_in_use.conversation_id
      and e.recorded_at >= parts_in_use.day and e.recorded_at < parts_in_use.day + interval '24 hours'
      and (e.parts > 0 or e.blob_at is not null)
    union
    select next.kind, next.digest
    from used u
    cross join lateral (
      select r.kind, r.sha256 as digest
      from transcript.blobs b
      cross join lateral transcript.part_references(b.payload) r
      where u.kind = 'shared' and b.conversation_id = parts_in_use.conversation_id
        and b.digest = u.digest and b.recorded_at = parts_in_use.day and b.parts > 0
      union all
      select step.kind, step.digest
      from transcript.inputs i
      cross join lateral (values ('input', i.parent), ('shared', i.item)) step (kind, digest)
      where u.kind = 'input' and i.conversation_id = parts_in_use.conversation_id
        and i.digest = u.digest and i.recorded_at = parts_in_use.day and step.digest is not null
    ) next
  )
  select u.kind, u.digest from used u;
end
$$;
comment on function transcript.parts_in_use(uuid, timestamptz) is
  'Everything that the events of a conversation''s day refer to, directly or not: shared (blobs), attachment, input.';

create or replace function transcript.drop_unreferenced(conversation_id uuid, day timestamptz) returns bigint
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  used_blobs bytea[];
  used_attachments bytea[];
  used_inputs bytea[];
  removed bigint := 0;
  more bigint;
begin
  -- An append of the same conversation may just have found a blob that it need not store again.
  perform from transcript.conversations c where c.conversation_id = drop_unreferenced.conversation_id for update;
  select coalesce(array_agg(u.digest) filter (where u.kind = 'shared'), '{}'),
      coalesce(array_agg(u.digest) filter (where u.kind = 'attachment'), '{}'),
      coalesce(array_agg(u.digest) filter (where u.kind = 'input'), '{}')
    into used_blobs, used_attachments, used_inputs
    from transcript.parts_in_use(drop_unreferenced.conversation_id, drop_unreferenced.day) u;
  delete from transcript.blobs b
    where b.conversation_id = drop_unreferenced.conversation_id and b.recorded_at = drop_unreferenced.day
      and not exists (select from unnest(used_blobs) u (digest) where u.digest = b.digest);
  get diagnostics removed = row_count;
  delete from transcript.attachments a
    where a.conversation_id = drop_unreferenced.conversation_id and a.recorded_at = drop_unreferenced.day
      and not exists (select from unnest(used_attachments) u (digest) where u.digest = a.digest);
  get diagnostics more = row_count;
  removed := removed + more;
  delete from transcript.inputs i
    where i.conversation_id = drop_unreferenced.conversation_id and i.recorded_at = drop_unreferenced.day
      and not exists (select from unnest(used_inputs) u (digest) where u.digest = i.digest);
  get diagnostics more = row_count;
  return removed + more;
end
$$;
comment on function transcript.drop_unreferenced(uuid, timestamptz) is
  'Removes the blobs, attachments and inputs of a conversation''s day (its start in UTC) that no event refers to any more; returns how many.';

-- Arguments: conversation, the caller's id; null, every conversation that the caller may see.
create or replace function transcript.verify_blobs(conversation text default null)
  returns table (conversation_id uuid, day timestamptz, kind text, digest bytea, seq bigint, problem text)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set enable_nestloop = on
  set enable_hashjoin = off
  set enable_mergejoin = off
  set jit = off
as $$
#variable_conflict use_column
declare
  mismatch constant text := 'content does not match its digest or size';
  only_id uuid;
  place record;
  found record;
  used_blobs bytea[];
  used_attachments bytea[];
  used_inputs bytea[];
  is_sound boolean;
begin
  if verify_blobs.conversation is not null then
    only_id := transcript.conversation_id(transcript.required_tenant(), verify_blobs.conversation);
  -- Who sees no row must not be told that all is sound.
  elsif row_security_active('transcript.events') then
    perform transcript.required_tenant();
  end if;
  -- One conversation's day at a time: what refers to each other lies within it.
  for place in
    select b.conversation_id, b.recorded_at as day from transcript.blobs b
      where only_id is null or b.conversation_id = only_id
    union
    select a.conversation_id, a.recorded_at from transcript.attachments a
      where only_id is null or a.conversation_id = only_id
    union
    select i.conversation_id, i.recorded_at from transcript.inputs i
      where only_id is null or i.conversation_id = only_id
    union
    select e.conversation_id, date_trunc('day', e.recorded_at, 'UTC') from transcript.events e
      where (only_id is null or e.conversation_id = only_id) and (e.parts > 0 or e.blob_at is not null)
  loop
    is_sound := true;
    conversation_id := place.conversation_id;
    day := place.day;
    seq := null;
    select coalesce(array_agg(u.digest order by u.digest) filter (where u.kind = 'shared'), '{}'),
        coalesce(array_agg(u.digest order by u.digest) filter (where u.kind = 'attachment'), '{}'),
        coalesce(array_agg(u.digest order by u.digest) filter (where u.kind = 'input'), '{}')
      into used_blobs, used_attachments, used_inputs
      from transcript.parts_in_use(place.conversation_id, place.day) u;
    for found in
      select checked.kind, checked.digest, checked.problem
      from (
        select 'blob' as kind, coalesce(b.digest, u.digest) as digest,
          case
            when b.digest is null then 'is missing'
            when u.digest is null then 'nothing refers to it'
            -- Of what was over blob_bytes only the marker can be compared.
            when b.truncated then
              case when not jsonb_path_exists(b.payload,
                'strict $.**."$capped" ? (@.sha256 == $sha256 && @.bytes == $bytes)',
                jsonb_build_object('sha256', encode(b.digest, 'hex'), 'bytes', b.payload_bytes))
                then mismatch end
            when (select transcript.digest(w.whole) <> b.digest or pg_column_size(w.whole) <> b.payload_bytes
                  from (select transcript.assembled(b.payload, b.conversation_id, b.recorded_at) as whole offset 0) w)
              then mismatch
          end as problem
        from (select * from transcript.blobs x
              where x.conversation_id = place.conversation_id and x.recorded_at = place.day) b
        full join unnest(used_blobs) u (digest) on u.digest = b.digest
        union all
        select 'attachment', coalesce(a.digest, u.digest),
          case
            when a.digest is null then 'is missing'
            when u.digest is null then 'nothing refers to it'
            when sha256(a.content) <> a.digest or octet_length(a.content) <> a.content_bytes then mismatch
          end
        from (select * from transcript.attachments x
              where x.conversation_id = place.conversation_id and x.recorded_at = place.day) a
        full join unnest(used_attachments) u (digest) on u.digest = a.digest
        union all
        select 'input', coalesce(i.digest, u.digest),
          case
            when i.digest is null then 'is missing'
            when u.digest is null then 'nothing refers to it'
            when sha256(coalesce(i.parent, '') || i.item) <> i.digest then mismatch
            when i.parent is not null and not exists (
              select from transcript.inputs p
              where p.conversation_id = i.conversation_id and p.recorded_at = i.recorded_at
                and p.digest = i.parent and p.position = i.position - 1)
              then 'does not follow the item before it'
          end
        from (select * from transcript.inputs x
              where x.conversation_id = place.conversation_id and x.recorded_at = place.day) i
        full join unnest(used_inputs) u (digest) on u.digest = i.digest
      ) checked
      where checked.problem is not null
      order by checked.kind, checked.digest
    loop
      is_sound := false;
      kind := found.kind;
      digest := found.digest;
      problem := found.problem;
      return next;
    end loop;
    -- Only then is it worth rebuilding every event, to see which ones have lost something.
    if not is_sound then
      kind := 'event';
      problem := 'what it refers to is missing or corrupt';
      for digest, seq in
        select e.digest, e.seq from transcript.events e
        where e.conversation_id = place.conversation_id
          and e.recorded_at >= place.day and e.recorded_at < place.day + interval '24 hours'
          and (e.parts > 0 or e.blob_at is not null)
          and transcript.digest(transcript.whole_payload(e)) <> e.digest
          and not exists (
            select from transcript.blobs b
            where b.conversation_id = e.conversation_id and b.digest = e.digest and b.recorded_at = e.blob_at
              and b.truncated)
        order by e.seq
      loop
        return next;
      end loop;
    end if;
  end loop;
end
$$;
comment on function transcript.verify_blobs(text) is
  'What is wrong with blobs, attachments and inputs: content that does not match its digest or size, what is missing, what nothing refers to, and the events that lost something. No rows: all is sound. TR012: tenant is not set.';

revoke all on function transcript.parts_in_use(uuid, timestamptz),
  transcript.drop_unreferenced(uuid, timestamptz), transcript.verify_blobs(text) from public;
grant execute on function transcript.parts_in_use(uuid, timestamptz), transcript.verify_blobs(text)
  to transcript_reader;

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
      select 'shared' as kind, e.digest where e.blob_at = parts_in_use.day
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

revoke all on function transcript.parts_in_use(uuid, timestamptz),
  transcript.drop_unreferenced(uuid, timestamptz) from public;

-- What is new, for exporters. Served is what lies behind no running transaction: an event that commits
-- late is served late, never skipped. With the caller's rights, like all reading.
set local role transcript_owner;

-- Of the transactions that the snapshot has as running, those of other databases can be passed by. One
-- that has ended since is not: its events are in the next snapshot.
create or replace function transcript.oldest_writer() returns bigint
  language sql stable parallel restricted
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    (select min(running.number::text::bigint)
     from pg_snapshot_xip(pg_current_snapshot()) as running (number)
     where not exists (
       select from pg_locks l
       join pg_stat_activity a on a.pid = l.pid
       where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
         and l.transactionid = running.number::xid
         and a.datid <> (select d.oid from pg_database d where d.datname = current_database()))),
    -- A standby does not list them.
    case when pg_is_in_recovery() then pg_snapshot_xmin(pg_current_snapshot())
      else pg_snapshot_xmax(pg_current_snapshot()) end::text::bigint)
$$;
comment on function transcript.oldest_writer() is
  'No transaction that may have written to this database, and is not visible, has a smaller number.';

create or replace function transcript.tail_horizon() returns bigint
  language sql stable parallel restricted
  set search_path = pg_catalog, pg_temp
as $$
  select case when latest.system_identifier <> cluster.system_identifier
    -- Restored, and nothing was appended since: all of it has long been committed.
    then (latest.era + 1)::bigint << 48
    -- While a transaction of an older era may run, prepared before a promotion, that era is not over.
    else coalesce((
      select max(e.era) from transcript.eras e
      where e.system_identifier = cluster.system_identifier and e.first_transaction < oldest.number), 0)::bigint << 48
      | oldest.number
    end
  from (select e.* from transcript.eras e order by e.era desc limit 1) latest,
    pg_control_system() cluster,
    (select transcript.oldest_writer() as number) oldest
$$;
comment on function transcript.tail_horizon() is
  'The first position in changes that a running transaction may still write to.';

-- Arguments: since, the cursor of the last row that was taken over, or null for all there is; max_events,
-- at most so many; inflate, whole payloads with all their parts in place of what is inline.
create or replace function transcript.tail(
  since text default null, max_events integer default 1000, inflate boolean default false)
  returns table (
    cursor text, change text, conversation text, conversation_id uuid, seq bigint, recorded_at timestamptz,
    occurred_at timestamptz, user_id text, kind text, role text, agent text, model text, tool_name text,
    tool_call_id text, run text, sequence bigint, payload jsonb, payload_bytes integer, digest bytea,
    capped boolean, redactions integer, parts integer, calls text[], answers text[], item_id text,
    parent_id text)
  language plpgsql stable parallel restricted
  set search_path = pg_catalog, pg_temp
  -- In the order of an index and no further than the page: never sort what is left of the log.
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
  set jit = off
as $$
#variable_conflict use_column
declare
  this_tenant constant text := transcript.required_tenant();
  horizon constant bigint := transcript.tail_horizon();
  last constant text[] := regexp_match(
    since, '^(\d{1,18})/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(\d{1,18})/(stored|updated)/(\d{1,18})$');
  since_position constant bigint := coalesce(last[1]::bigint, -1);
  since_conversation constant uuid := coalesce(last[2]::uuid, '00000000-0000-0000-0000-000000000000');
  since_first constant bigint := coalesce(last[3]::bigint, 0);
  since_change constant text := coalesce(last[4], '');
  since_seq constant bigint := coalesce(last[5]::bigint, 0);
begin
  if since is not null and last is null then
    raise exception using errcode = 'TR023', message = 'not a cursor of transcript.tail',
      hint = 'pass the cursor of the last row, or null to begin with the oldest';
  end if;
  if max_events is null or max_events < 1 then
    raise exception using errcode = 'TR020', message = 'max_events is not positive', hint = 'say at least 1';
  end if;
  return query
    select concat_ws('/', c.position, c.conversation_id, c.first_seq, c.change, e.seq), c.change,
      v.external_id, e.conversation_id, e.seq, e.recorded_at, e.occurred_at, e.user_id, e.kind, e.role, e.agent,
      e.model, e.tool_name, e.tool_call_id, r.external_id, e.sequence,
      case when inflate then transcript.whole_payload(e.event) else e.payload end,
      e.payload_bytes, e.digest, e.blob_at is not null, e.redactions, e.parts, e.calls, e.answers, e.item_id,
      e.parent_id
    from transcript.changes c
    cross join lateral (
      select e.*, e as event from transcript.events e
      where e.conversation_id = c.conversation_id and e.recorded_at = c.event_at
        and e.seq between c.first_seq and c.last_seq
        and e.seq > case when (c.position, c.conversation_id, c.first_seq, c.change)
          = (since_position, since_conversation, since_first, since_change) then since_seq else 0 end
      order by e.seq
      limit max_events
    ) e
    left join transcript.conversations v on v.conversation_id = e.conversation_id
    left join transcript.runs r on r.conversation_id = e.conversation_id and r.run_id = e.run_id
    where c.tenant_id = this_tenant and c.position < horizon
      and (c.position, c.conversation_id, c.first_seq, c.change)
        >= (since_position, since_conversation, since_first, since_change)
    order by c.position, c.conversation_id, c.first_seq, c.change, e.seq
    limit max_events;
end
$$;
comment on function transcript.tail(text, integer, boolean) is
  'The next events of the tenant behind a cursor, each once, those of a conversation by seq; again, as updated, when a merge or a policy has changed them. TR012: tenant is not set. TR020: max_events is not positive. TR023: not a cursor.';

revoke all on function transcript.oldest_writer(), transcript.tail_horizon(), transcript.tail(text, integer, boolean) from public;
grant execute on function transcript.oldest_writer(), transcript.tail_horizon(), transcript.tail(text, integer, boolean) to transcript_reader;

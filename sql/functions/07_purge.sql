-- Retention: whole partitions past every TTL are dropped, one transaction each.
set local role transcript_owner;

create or replace function transcript.longest_ttl() returns interval
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  -- Without a default, a tenant that has no row of its own keeps its rows for ever.
  select case when bool_or(r.tenant_id is null) then max(r.ttl) end from transcript.retention_policies r
$$;
comment on function transcript.longest_ttl() is
  'The longest time to live of any tenant; null when one has none: nothing expires.';

create or replace function transcript.held_conversations(lower_at timestamptz, upper_at timestamptz)
  returns bigint
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select count(*) from transcript.conversations v
  where v.hold and exists (
    select from transcript.events e
    where e.conversation_id = v.conversation_id and e.recorded_at >= lower_at and e.recorded_at < upper_at)
$$;
comment on function transcript.held_conversations(timestamptz, timestamptz) is
  'How many conversations on hold have events in that span.';

create or replace function transcript.purge_plan(as_of timestamptz default clock_timestamp())
  returns table (
    parent name, leaf name, lower_bound timestamptz, upper_bound timestamptz, ttl interval,
    expires_at timestamptz, rows bigint, bytes bigint, action text, reason text)
  language sql stable
  set search_path = pg_catalog, pg_temp
  -- A day is 24 hours, wherever the session thinks it is.
  set timezone = 'UTC'
as $$
  select p.parent, p.leaf, p.lower_bound, p.upper_bound, longest.ttl, p.upper_bound + longest.ttl,
    size.rows, pg_total_relation_size(c.oid),
    -- Rows live strictly longer than their TTL; the newest possible row is just below upper_bound.
    case when p.upper_bound + longest.ttl <= as_of then
        case when held.conversations > 0 then 'hold' else 'drop' end
      else 'keep' end,
    case when longest.ttl is null then 'no default retention policy'
      when p.upper_bound + longest.ttl > as_of then 'not expired'
      when held.conversations > 0 then format('%s conversations on hold', held.conversations)
      else 'past every TTL' end
  from transcript.partitions p
  join pg_class c on c.relname = p.leaf and c.relnamespace = 'transcript'::regnamespace
  cross join (select transcript.longest_ttl() as ttl) longest
  cross join lateral (
    select case p.parent
      when 'events' then (
        select count(*) from transcript.events e
        where e.recorded_at >= p.lower_bound and e.recorded_at < p.upper_bound)
      when 'blobs' then (
        select count(*) from transcript.blobs b
        where b.recorded_at >= p.lower_bound and b.recorded_at < p.upper_bound)
      when 'attachments' then (
        select count(*) from transcript.attachments a
        where a.recorded_at >= p.lower_bound and a.recorded_at < p.upper_bound)
      when 'inputs' then (
        select count(*) from transcript.inputs i
        where i.recorded_at >= p.lower_bound and i.recorded_at < p.upper_bound)
      when 'changes' then (
        select count(*) from transcript.changes l
        where l.recorded_at >= p.lower_bound and l.recorded_at < p.upper_bound)
      end as rows
  ) size
  cross join lateral (
    -- Only what could be dropped is searched for holds.
    select case when p.upper_bound + longest.ttl <= as_of
      then transcript.held_conversations(p.lower_bound, p.upper_bound) end as conversations
  ) held
  -- Events go before what they refer to.
  order by array_position(transcript.partitioned_tables(), p.parent), p.lower_bound
$$;
comment on function transcript.purge_plan(timestamptz) is
  'What CALL transcript.purge() would do as of then: per partition its rows, bytes, action (drop, keep, hold) and why.';

-- Owner's rights: a purger may not lock tables. Until the transaction ends nobody writes or reads.
create or replace function transcript.lock_parent(parent name) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  if parent <> all (transcript.partitioned_tables()) then
    raise exception using errcode = 'TR051', message = format('table "%s" is not partitioned', parent),
      hint = 'use one of ' || array_to_string(transcript.partitioned_tables(), ', ');
  end if;
  perform set_config('lock_timeout', '200ms', true);
  begin
    execute format('lock table only transcript.%I in access exclusive mode', parent);
    return true;
  exception when lock_not_available or deadlock_detected then
    return false;
  end;
end
$$;
comment on function transcript.lock_parent(name) is
  'Locks a partitioned table for the drop of a partition; false when the lock was not to be had in 200 ms.';

-- Drops one leaf; never waits long, because everybody who comes after would wait too.
create or replace function transcript.drop_leaf(parent name, leaf name) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
begin
  -- Parent first, as every reader locks: DROP alone goes the other way round and can deadlock.
  if not transcript.lock_parent(parent) then
    return false;
  end if;
  if not exists (
    select from transcript.partitions p
    where p.parent = drop_leaf.parent and p.leaf = drop_leaf.leaf
      and p.upper_bound + transcript.longest_ttl() <= clock_timestamp())
  then
    raise exception using errcode = 'TR050', message = format('partition "%s" is not expired', leaf),
      hint = 'look at transcript.purge_plan()';
  end if;
  -- What events refer to outlives them.
  if parent <> 'events' and exists (
    select from transcript.partitions b
    join transcript.partitions e
      on e.parent = 'events' and e.lower_bound < b.upper_bound and e.upper_bound > b.lower_bound
    where b.leaf = drop_leaf.leaf)
  then
    return false;
  end if;
  begin
    execute format('drop table transcript.%I', leaf);
    delete from transcript.partitions p where p.leaf = drop_leaf.leaf;
    return true;
  exception when lock_not_available or deadlock_detected then
    return false;
  end;
end
$$;
comment on function transcript.drop_leaf(name, name) is
  'Drops one expired partition; false when its lock was not to be had in 200 ms, or when events still refer to it. TR050: it is not expired. Holds are the caller''s to check: transcript.held_conversations.';

-- No SET clause, and no COMMIT within an EXCEPTION block: neither is possible. Every name is qualified.
create or replace procedure transcript.purge()
  language plpgsql
as $$
declare
  as_of timestamptz := pg_catalog.clock_timestamp();
  turn constant bigint := pg_catalog.hashtextextended('transcript.purge', 0);
  started timestamptz;
  leaf record;
  tries integer;
  outcome text;
  failure text;
  removed bigint;
begin
  if not pg_catalog.pg_has_role(current_user, 'transcript_purger', 'usage') then
    raise exception using errcode = '42501', message = 'purge needs role transcript_purger',
      hint = 'GRANT transcript_purger TO the role of the job: without it row-level security would hide the rows';
  end if;
  -- Within somebody else's transaction this fails here, before anything is removed.
  commit;
  -- The turn is a transaction's, taken again after each COMMIT: an error leaves no lock behind.
  if not pg_catalog.pg_try_advisory_xact_lock(turn) then
    raise notice 'skipped: another purge is running';
    return;
  end if;
  for leaf in select * from transcript.purge_plan(as_of) p where p.action in ('drop', 'hold') loop
    started := pg_catalog.clock_timestamp();
    tries := 0;
    failure := null;
    outcome := case leaf.action when 'hold' then 'deferred_hold' else 'deferred_lock' end;
    while outcome = 'deferred_lock' and tries < 12 loop
      if not pg_catalog.pg_try_advisory_xact_lock(turn) then
        raise notice 'skipped: another purge is running';
        return;
      end if;
      if tries > 0 then
        perform pg_catalog.pg_sleep(least(0.1 * tries, 1) * (0.5 + pg_catalog.random()));
      end if;
      tries := tries + 1;
      -- Held or locked events keep what they refer to: there is nothing to try.
      exit when leaf.parent <> 'events' and exists (
        select from transcript.partitions e
        where e.parent = 'events' and e.lower_bound < leaf.upper_bound and e.upper_bound > leaf.lower_bound);
      begin
        if transcript.lock_parent(leaf.parent) then
          -- The plan may be old by now.
          if transcript.held_conversations(leaf.lower_bound, leaf.upper_bound) > 0 then
            outcome := 'deferred_hold';
          elsif transcript.drop_leaf(leaf.parent, leaf.leaf) then
            outcome := 'done';
          end if;
        end if;
      exception when others then
        -- One leaf that cannot go does not keep the others.
        outcome := 'failed';
        failure := sqlstate;
      end;
      commit;
    end loop;
    insert into transcript.purge_log (
        started_at, parent, leaf, lower_bound, upper_bound, cutoff, rows_removed, bytes_removed,
        lock_tries, result, sqlstate)
      values (started, leaf.parent, leaf.leaf, leaf.lower_bound, leaf.upper_bound, as_of - leaf.ttl,
        case when outcome = 'done' then leaf.rows else 0 end,
        case when outcome = 'done' then leaf.bytes else 0 end, tries, outcome, failure);
    commit;
  end loop;
  -- Dead letters hold content too.
  loop
    started := pg_catalog.clock_timestamp();
    delete from transcript.rejected r
      where r.ctid = any (array(
        select d.ctid from transcript.rejected d
        where d.recorded_at < as_of - transcript.longest_ttl()
        order by d.recorded_at limit 10000));
    get diagnostics removed = row_count;
    exit when removed = 0;
    insert into transcript.purge_log (started_at, parent, cutoff, rows_removed, result)
      values (started, 'rejected', as_of - transcript.longest_ttl(), removed, 'done');
    commit;
  end loop;
end
$$;
comment on procedure transcript.purge() is
  'Drops every partition past its TTL, one transaction each, and logs it; for cron. 42501: the role is not transcript_purger.';

revoke all on function transcript.longest_ttl(), transcript.held_conversations(timestamptz, timestamptz),
  transcript.purge_plan(timestamptz), transcript.lock_parent(name), transcript.drop_leaf(name, name) from public;
revoke all on procedure transcript.purge() from public;
grant execute on function transcript.longest_ttl(), transcript.held_conversations(timestamptz, timestamptz),
  transcript.purge_plan(timestamptz), transcript.lock_parent(name), transcript.drop_leaf(name, name)
  to transcript_purger;
grant execute on procedure transcript.purge() to transcript_purger;

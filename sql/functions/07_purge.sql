-- Retention: whole partitions past every TTL are dropped, one transaction each.
set local role transcript_owner;

create or replace function transcript.purge_plan(as_of timestamptz default clock_timestamp())
  returns table (
    parent name, leaf name, lower_bound timestamptz, upper_bound timestamptz, ttl interval,
    expires_at timestamptz, rows bigint, bytes bigint, action text, reason text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select p.parent, p.leaf, p.lower_bound, p.upper_bound, longest.ttl, p.upper_bound + longest.ttl,
    size.rows, pg_total_relation_size(c.oid),
    -- Rows live strictly longer than their TTL; the newest possible row is just below upper_bound.
    case when p.upper_bound + longest.ttl > as_of then 'keep'
      when held.events > 0 then 'hold'
      else 'drop' end,
    case when p.upper_bound + longest.ttl > as_of then 'not expired'
      when held.events > 0 then format('%s held events', held.events)
      else 'past every TTL' end
  from transcript.partitions p
  join pg_class c on c.relname = p.leaf and c.relnamespace = 'transcript'::regnamespace
  cross join (select max(r.ttl) as ttl from transcript.retention_policies r) longest
  cross join lateral (
    select case p.parent
      when 'events' then (
        select count(*) from transcript.events e
        where e.recorded_at >= p.lower_bound and e.recorded_at < p.upper_bound)
      else (
        select count(*) from transcript.blobs b
        where b.recorded_at >= p.lower_bound and b.recorded_at < p.upper_bound)
      end as rows
  ) size
  -- Only what could be dropped is searched for holds.
  left join lateral (
    select count(*) as events from transcript.conversations v
    where v.hold and p.upper_bound + longest.ttl <= as_of and (
      exists (select from transcript.events e where e.conversation_id = v.conversation_id
              and e.recorded_at >= p.lower_bound and e.recorded_at < p.upper_bound))
  ) held on true
  -- Events go before the blobs that they refer to.
  order by p.parent desc, p.lower_bound
$$;
comment on function transcript.purge_plan(timestamptz) is
  'What CALL transcript.purge() would do as of then: per partition its rows, bytes, action (drop, keep, hold) and why.';

-- Drops one leaf; never waits long, because everybody who comes after would wait too.
create or replace function transcript.drop_leaf(parent name, leaf name) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('lock_timeout', '200ms', true);
  begin
    -- Parent first, as every reader locks: DROP alone goes the other way round and can deadlock.
    execute format('lock table only transcript.%I in access exclusive mode', parent);
    if not exists (
      select from transcript.partitions p
      where p.parent = drop_leaf.parent and p.leaf = drop_leaf.leaf
        and p.upper_bound + (select max(r.ttl) from transcript.retention_policies r) <= clock_timestamp())
    then
      raise exception using errcode = 'TR050', message = format('partition "%s" is not expired', leaf),
        hint = 'look at transcript.purge_plan()';
    end if;
    execute format('drop table transcript.%I', leaf);
    delete from transcript.partitions p where p.leaf = drop_leaf.leaf;
    return true;
  exception when lock_not_available or deadlock_detected then
    return false;
  end;
end
$$;
comment on function transcript.drop_leaf(name, name) is
  'Drops one expired partition; false when its lock was not to be had in 200 ms. TR050: it is not expired.';

-- No SET clause and no EXCEPTION block: either would forbid the COMMITs. Every name is qualified.
create or replace procedure transcript.purge()
  language plpgsql
as $$
declare
  as_of timestamptz := pg_catalog.clock_timestamp();
  started timestamptz;
  leaf record;
  tries integer;
  dropped boolean;
  removed bigint;
begin
  if not pg_catalog.pg_has_role(current_user, 'transcript_purger', 'usage') then
    raise exception using errcode = '42501', message = 'purge needs role transcript_purger',
      hint = 'GRANT transcript_purger TO the role of the job: without it row-level security would hide the rows';
  end if;
  if not pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('transcript.purge', 0)) then
    raise notice 'skipped: another purge is running';
    return;
  end if;
  for leaf in select * from transcript.purge_plan(as_of) p where p.action in ('drop', 'hold') loop
    started := pg_catalog.clock_timestamp();
    tries := 0;
    dropped := false;
    while leaf.action = 'drop' and not dropped and tries < 12 loop
      tries := tries + 1;
      dropped := transcript.drop_leaf(leaf.parent, leaf.leaf);
      commit;
      if not dropped then
        perform pg_catalog.pg_sleep(least(0.1 * tries, 1) * (0.5 + pg_catalog.random()));
      end if;
    end loop;
    insert into transcript.purge_log (
        started_at, parent, leaf, lower_bound, upper_bound, cutoff, rows_removed, bytes_removed,
        lock_tries, result)
      values (started, leaf.parent, leaf.leaf, leaf.lower_bound, leaf.upper_bound, as_of - leaf.ttl,
        case when dropped then leaf.rows else 0 end, case when dropped then leaf.bytes else 0 end, tries,
        case when dropped then 'done' when leaf.action = 'hold' then 'deferred_hold' else 'deferred_lock' end);
    commit;
  end loop;
  -- Dead letters hold content too.
  loop
    started := pg_catalog.clock_timestamp();
    delete from transcript.rejected r
      where r.ctid = any (array(
        select d.ctid from transcript.rejected d
        where d.recorded_at < as_of - (select pg_catalog.max(p.ttl) from transcript.retention_policies p)
        order by d.recorded_at limit 10000));
    get diagnostics removed = row_count;
    exit when removed = 0;
    insert into transcript.purge_log (started_at, parent, cutoff, rows_removed, result)
      select started, 'rejected', as_of - pg_catalog.max(p.ttl), removed, 'done'
      from transcript.retention_policies p;
    commit;
  end loop;
  perform pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended('transcript.purge', 0));
end
$$;
comment on procedure transcript.purge() is
  'Drops every partition past its TTL, one transaction each, and logs it; for cron. 42501: the role is not transcript_purger.';

revoke all on function transcript.purge_plan(timestamptz), transcript.drop_leaf(name, name) from public;
revoke all on procedure transcript.purge() from public;
grant execute on function transcript.purge_plan(timestamptz), transcript.drop_leaf(name, name) to transcript_purger;
grant execute on procedure transcript.purge() to transcript_purger;

-- What an exporter follows is written down here: which events came or changed, and in which order that
-- can be read without missing a transaction that commits late. See DESIGN.md.
set local role transcript_owner;

-- Called before a conversation is locked: whoever waits here for a new era holds nothing yet.
create or replace function transcript.change_position() returns bigint
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  latest record;
begin
  loop
    select e.era, e.system_identifier = here.system_identifier and e.timeline = here.timeline as is_here,
        here.system_identifier, here.timeline
      into latest
      from (
        select transcript.system_identifier(),
          ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer as timeline) here
      left join transcript.eras e on true
      order by e.era desc nulls last limit 1;
    exit when latest.is_here;
    -- A rival who does the same is waited for; an older snapshot gets 40001.
    insert into transcript.eras (era, system_identifier, timeline, first_transaction)
      values (coalesce(latest.era + 1, 0), latest.system_identifier, latest.timeline, pg_current_xact_id()::text::bigint)
      on conflict (era) do nothing;
  end loop;
  return latest.era::bigint << 48 | pg_current_xact_id()::text::bigint;
end
$$;
comment on function transcript.change_position() is
  'Position of this transaction in changes; begins a new era where the cluster or its timeline is another one.';

-- Merges, sweeps and whatever else updates an event: rare, so a row trigger is cheap enough, and nothing
-- passes it by. With the rights of whoever updates: row-level security binds them already.
create or replace function transcript.record_update() returns trigger
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  today constant timestamptz := date_trunc('day', clock_timestamp(), 'UTC');
begin
  if not exists (
    select from transcript.partitions p
    where p.parent = 'changes' and p.lower_bound <= today and today < p.upper_bound)
  then
    perform transcript.ensure_partitions();
  end if;
  insert into transcript.changes (
      tenant_id, position, conversation_id, first_seq, change, recorded_at, last_seq, event_at, user_id)
    select new.tenant_id, greatest(transcript.change_position(), max(c.last_position)), new.conversation_id,
      new.seq, 'updated', today, new.seq, new.recorded_at, new.user_id
    from transcript.conversations c where c.conversation_id = new.conversation_id
    -- Once for a transaction is enough: what is served is the last state.
    on conflict do nothing;
  return null;
end
$$;
comment on function transcript.record_update() is
  'Trigger: writes down in changes that an event was updated.';

-- That a row of a session store was found again is no change of the event.
create or replace trigger events_updated after update on transcript.events
  for each row when (new.fingerprint is not distinct from old.fingerprint or new.digest <> old.digest)
  execute function transcript.record_update();
alter table transcript.events enable always trigger events_updated;

revoke all on function transcript.change_position(), transcript.record_update() from public;

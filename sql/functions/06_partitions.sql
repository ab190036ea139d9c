-- Leaves for events and for what they refer to. No DEFAULT partition: it would hold what no purge drops.
set local role transcript_owner;

create or replace function transcript.partitioned_tables() returns name[]
  language sql immutable parallel safe
  return array['events', 'blobs', 'attachments', 'inputs', 'changes']::name[];
comment on function transcript.partitioned_tables() is
  'The partitioned tables: events first, then those that hold what events refer to.';

-- Owner's rights: the job's role need not own the tables.
create or replace function transcript.ensure_partitions()
  returns table (parent name, leaf name, lower_bound timestamptz, upper_bound timestamptz)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  every record;
  lower_at timestamptz;
  upper_at timestamptz;
  ready_to timestamptz;
  new_leaf name;
begin
  select s.partition_interval as span, ('1 ' || s.partition_interval)::interval as step,
      s.partitions_ahead as ahead
    into strict every from transcript.settings s;
  -- One at a time: rivals find the leaves made.
  perform pg_advisory_xact_lock(hashtextextended('transcript.ensure_partitions', 0));
  -- A leaf that was dropped by hand is not there to take rows.
  delete from transcript.partitions p
    where not exists (
      select from pg_class c where c.relnamespace = 'transcript'::regnamespace and c.relname = p.leaf);
  for parent in select unnest(transcript.partitioned_tables()) loop
    lower_at := date_trunc(every.span, clock_timestamp(), 'UTC');
    ready_to := ((lower_at at time zone 'UTC') + every.step * (every.ahead + 1)) at time zone 'UTC';
    while lower_at < ready_to loop
      -- Leaves of another span may reach into this one: go on where they end, stop where they begin.
      select p.upper_bound into upper_at from transcript.partitions p
        where p.parent = ensure_partitions.parent and p.lower_bound <= lower_at and lower_at < p.upper_bound;
      if not found then
        select least(
            ((date_trunc(every.span, lower_at, 'UTC') at time zone 'UTC') + every.step) at time zone 'UTC',
            min(p.lower_bound))
          into upper_at from transcript.partitions p
          where p.parent = ensure_partitions.parent and p.lower_bound > lower_at;
        new_leaf := parent || to_char(lower_at at time zone 'UTC', '"_"YYYYMMDD');
        perform transcript.create_leaf(parent, new_leaf, lower_at, upper_at);
        leaf := new_leaf;
        lower_bound := lower_at;
        upper_bound := upper_at;
        return next;
      end if;
      lower_at := upper_at;
    end loop;
  end loop;
end
$$;
comment on function transcript.ensure_partitions() is
  'Makes the missing partitions up to settings.partitions_ahead and returns them; safe to call at any time.';

-- Owner's rights: a leaf that somebody else owns is one that the purge cannot drop.
create or replace function transcript.create_leaf(
  parent name, leaf name, lower_at timestamptz, upper_at timestamptz)
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  -- Ready before it is attached: a leaf without row-level security would show every tenant's rows to
  -- whoever is granted "all tables", and ATTACH takes a weaker lock than PARTITION OF.
  execute format(
    'create table transcript.%I (like transcript.%I including all)
       with (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000)',
    leaf, parent);
  execute format('alter table transcript.%I enable row level security', leaf);
  execute format('alter table transcript.%I force row level security', leaf);
  execute format('comment on table transcript.%I is %L', leaf,
    format('partition of %s: [%s, %s)', parent, lower_at at time zone 'UTC', upper_at at time zone 'UTC'));
  execute format('alter table transcript.%I attach partition transcript.%I for values from (%L) to (%L)',
    parent, leaf, lower_at, upper_at);
  insert into transcript.partitions (leaf, parent, lower_bound, upper_bound)
    values (leaf, parent, lower_at, upper_at);
end
$$;
comment on function transcript.create_leaf(name, name, timestamptz, timestamptz) is
  'Makes and attaches one partition, protected like its parent.';

revoke all on function transcript.partitioned_tables(), transcript.ensure_partitions(),
  transcript.create_leaf(name, name, timestamptz, timestamptz) from public;
grant execute on function transcript.partitioned_tables(), transcript.ensure_partitions() to transcript_purger;

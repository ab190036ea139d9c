//! SQL on the partitions of events and of what they refer to.

/// Makes `events_old`, `blobs_old`…, for a week of 2020.
pub const MAKE_OLD: &str = "select transcript.create_leaf(p, p || '_old', '2020-01-01Z', '2020-01-08Z') from unnest(transcript.partitioned_tables()) p";

/// What a purge does once everything is past its TTL, and the job that makes new leaves did not run.
pub const DROP_ALL: &str = "do $$ declare leaf text; begin
    for leaf in select p.leaf from transcript.partitions p loop execute 'drop table transcript.' || leaf; end loop;
    delete from transcript.partitions;
  end $$";

/// The backends that are storing a batch: they have the lock that an INSERT takes on a leaf.
pub const STORING: &str = "select l.pid from pg_locks l
    join transcript.partitions p on l.relation = ('transcript.' || p.leaf)::regclass
    where l.granted and l.mode = 'RowExclusiveLock' and p.parent = 'events'";

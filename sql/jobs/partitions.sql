-- reapply when: select count(*) < 2 from transcript.partitions where upper_bound > pg_catalog.clock_timestamp()
--
-- Schedule: select transcript.ensure_partitions(), daily; apart from the purge, so that one failing
-- never stops the other. A database is never without the partitions of today.
set local role transcript_owner;

select transcript.ensure_partitions();

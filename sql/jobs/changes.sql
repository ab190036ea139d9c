-- reapply when: select not exists (select from transcript.eras e, pg_catalog.pg_control_system() s where e.system_identifier = s.system_identifier and e.era = (select max(l.era) from transcript.eras l))
--
-- Begins the era of this cluster, so that no append has to.
set local role transcript_owner;

select transcript.change_position();

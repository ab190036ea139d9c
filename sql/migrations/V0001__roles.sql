-- The roles that own, write, read, audit and purge. Roles belong to the whole cluster: another
-- database may have made them already, even at this moment, so each one is made if it is missing.

do $$
declare
  wanted text;
begin
  foreach wanted in array array[
    'transcript_owner', 'transcript_writer', 'transcript_reader', 'transcript_auditor',
    'transcript_purger', 'transcript_redactor', 'transcript_structure_reader', 'transcript_service']
  loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
        execute pg_catalog.format('create role %I nologin', wanted);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- a rival was faster
    end;
  end loop;
end
$$;

-- A service reads and writes; what it sees is still bound to the tenant it sets.
do $$
begin
  if not pg_catalog.pg_has_role('transcript_service', 'transcript_writer', 'member') then
    grant transcript_writer to transcript_service;
  end if;
  if not pg_catalog.pg_has_role('transcript_service', 'transcript_reader', 'member') then
    grant transcript_reader to transcript_service;
  end if;
  -- Whoever migrates creates objects as transcript_owner.
  if not pg_catalog.pg_has_role(current_user, 'transcript_owner', 'member') then
    execute pg_catalog.format('grant transcript_owner to %I', current_user);
  end if;
end
$$;

grant usage, create on schema transcript to transcript_owner;
grant usage on schema transcript to
  transcript_writer, transcript_reader, transcript_auditor, transcript_purger, transcript_redactor,
  transcript_structure_reader;

comment on schema transcript is 'pg_transcript: full history of AI-agent runs';

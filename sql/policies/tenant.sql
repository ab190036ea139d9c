-- Who sees what, for tables with tenant_id: the rows of the tenant that the transaction names, and of
-- the user where it names one. The owner is bound too: append runs with its rights.
--
-- The purger sees of content no more than operations.sql says.
--
--   table               owner (append)   reader   auditor   purger
--   conversations       s i u            s        -         s
--   runs, events        s i u            s        -         s
--   blobs, attachments, s i u d          s        -         s
--   inputs
--   changes             s i              s        -         s
--   rejected            s i u d          -        s         s d
--   audit_log           s i              -        s         -
set local role transcript_owner;

do $$
declare
  on_table record;
  own constant text := '(tenant_id = (select transcript.tenant())
    and ((select transcript.acting_user()) is null or user_id = (select transcript.acting_user())))';
begin
  for on_table in
    select * from (values
      ('conversations', 'transcript_reader', true),
      ('runs', 'transcript_reader', true),
      ('events', 'transcript_reader', true),
      ('blobs', 'transcript_reader', true),
      ('attachments', 'transcript_reader', true),
      ('inputs', 'transcript_reader', true),
      ('changes', 'transcript_reader', false),
      ('rejected', 'transcript_auditor', true),
      ('audit_log', 'transcript_auditor', false)) as t (name, readers, updated)
  loop
    execute format('drop policy if exists %1$s_select_own on transcript.%1$s', on_table.name);
    execute format('drop policy if exists %1$s_insert_own on transcript.%1$s', on_table.name);
    execute format('drop policy if exists %1$s_update_own on transcript.%1$s', on_table.name);
    execute format('create policy %1$s_select_own on transcript.%1$s for select to transcript_owner, %2$s using %3$s',
      on_table.name, on_table.readers, own);
    execute format('create policy %1$s_insert_own on transcript.%1$s for insert to transcript_owner with check %2$s',
      on_table.name, own);
    if on_table.updated then
      execute format('create policy %1$s_update_own on transcript.%1$s for update to transcript_owner using %2$s with check %2$s',
        on_table.name, own);
    end if;
    -- What no event refers to any more: transcript.drop_unreferenced. What was stored after all:
    -- transcript.retry_rejected.
    if on_table.name in ('blobs', 'attachments', 'inputs', 'rejected') then
      execute format('drop policy if exists %1$s_delete_own on transcript.%1$s', on_table.name);
      execute format('create policy %1$s_delete_own on transcript.%1$s for delete to transcript_owner using %2$s',
        on_table.name, own);
    end if;
    execute format('grant select on transcript.%s to %s', on_table.name, on_table.readers);
  end loop;
end
$$;

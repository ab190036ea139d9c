-- The purger counts and drops every tenant's rows, and sees of them whose they are, when they came and what is
-- on hold; it writes nothing but its log.
-- Keys are the owner's only, who adds to them and changes none.
-- Of the attached stores the auditor sees those of the tenant: transcript.session_stores reads with its rights.
-- Settings, policies and catalogues are nobody's content: their readers see all of them.
set local role transcript_owner;

do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('conversations', 'select', 'transcript_purger'),
      ('events', 'select', 'transcript_purger'),
      ('blobs', 'select', 'transcript_purger'),
      ('attachments', 'select', 'transcript_purger'),
      ('inputs', 'select', 'transcript_purger'),
      ('changes', 'select', 'transcript_purger'),
      ('eras', 'select', 'transcript_reader'),
      ('eras', 'select', 'transcript_owner'),
      ('eras', 'insert', 'transcript_owner'),
      ('rejected', 'select', 'transcript_purger'),
      ('rejected', 'delete', 'transcript_purger'),
      ('purge_log', 'select', 'transcript_purger'),
      ('purge_log', 'insert', 'transcript_purger'),
      ('purge_log', 'select', 'transcript_auditor'),
      ('purge_log', 'select', 'transcript_owner'),
      ('partitions', 'select', 'transcript_purger'),
      ('partitions', 'all', 'transcript_owner'),
      ('settings', 'all', 'transcript_owner'),
      ('redaction_policies', 'all', 'transcript_owner'),
      ('redaction_keys', 'select', 'transcript_owner'),
      ('redaction_keys', 'insert', 'transcript_owner'),
      ('retention_policies', 'all', 'transcript_owner'),
      ('retention_policies', 'select', 'transcript_purger'),
      ('attached_stores', 'all', 'transcript_owner'),
      ('fingerprint_keys', 'all', 'transcript_owner'),
      ('drift', 'all', 'transcript_owner'),
      ('drift', 'select', 'transcript_auditor'),
      ('drift_checks', 'all', 'transcript_owner'),
      ('drift_checks', 'select', 'transcript_auditor'),
      ('attached_stores', 'select', 'transcript_auditor'),
      ('event_kinds', 'all', 'transcript_owner'),
      ('event_kinds', 'select', 'transcript_reader')) as t (name, command, grantee)
  loop
    execute format('drop policy if exists %1$s_%2$s_%3$s on transcript.%1$s', wanted.name,
      wanted.command, replace(wanted.grantee, 'transcript_', ''));
    execute format('create policy %1$s_%2$s_%3$s on transcript.%1$s for %2$s to %4$s %5$s', wanted.name,
      wanted.command, replace(wanted.grantee, 'transcript_', ''), wanted.grantee,
      case when wanted.command = 'insert' then 'with check (true)'
        when wanted.command = 'all' then 'using (true) with check (true)'
        when wanted.name in ('attached_stores', 'drift', 'drift_checks') then 'using (tenant_id = (select transcript.tenant()))'
        else 'using (true)' end);
    if wanted.grantee <> 'transcript_owner' then
      execute format('grant %s on transcript.%s to %s', wanted.command, wanted.name, wanted.grantee);
    end if;
  end loop;
end
$$;

revoke select on transcript.conversations, transcript.events, transcript.blobs, transcript.attachments,
  transcript.inputs, transcript.rejected from transcript_purger;
grant select (tenant_id, conversation_id, hold) on transcript.conversations to transcript_purger;
grant select (tenant_id, conversation_id, recorded_at) on transcript.events to transcript_purger;
grant select (tenant_id, recorded_at) on transcript.blobs, transcript.attachments, transcript.inputs
  to transcript_purger;
grant select (tenant_id, recorded_at, ctid) on transcript.rejected to transcript_purger;

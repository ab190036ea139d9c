-- Sweeping history. The redactor sees whose history there is and the receipts, and no content: what it
-- calls runs with the owner's rights, bound to one tenant at a time by the policies of tenant.sql.
-- Two rights of the owner exist for this alone: to drop a blob that nothing refers to any more, and
-- to hide what the path of a finding says.
set local role transcript_owner;

do $$
declare
  own constant text := '(tenant_id = (select transcript.tenant())
    and ((select transcript.acting_user()) is null or user_id = (select transcript.acting_user())))';
  tenants constant text := '(tenant_id = (select transcript.tenant()))';
  wanted record;
begin
  for wanted in
    select * from (values
      ('blobs', 'delete', 'transcript_owner', 'using ' || own),
      ('audit_log', 'update', 'transcript_owner', 'using ' || own || ' with check ' || own),
      ('redaction_receipts', 'all', 'transcript_owner', 'using ' || tenants || ' with check ' || tenants),
      ('redaction_receipts', 'select', 'transcript_auditor', 'using ' || tenants),
      ('redaction_receipts', 'select', 'transcript_redactor', 'using (true)'),
      ('partitions', 'select', 'transcript_redactor', 'using (true)'),
      ('conversations', 'select', 'transcript_redactor', 'using (true)'),
      ('rejected', 'select', 'transcript_redactor', 'using (true)')) as t (name, command, grantee, predicate)
  loop
    execute format('drop policy if exists %1$s_%2$s_%3$s on transcript.%1$s', wanted.name,
      wanted.command, replace(wanted.grantee, 'transcript_', ''));
    execute format('create policy %1$s_%2$s_%3$s on transcript.%1$s for %2$s to %4$s %5$s', wanted.name,
      wanted.command, replace(wanted.grantee, 'transcript_', ''), wanted.grantee, wanted.predicate);
  end loop;
end
$$;

grant select on transcript.redaction_receipts to transcript_auditor, transcript_redactor;
grant select on transcript.partitions to transcript_redactor;
grant select (tenant_id) on transcript.conversations, transcript.rejected to transcript_redactor;

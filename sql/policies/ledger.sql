-- The migrator's own tables hold no content. Whoever migrates is a member of transcript_owner.
alter table transcript.migrations enable row level security;
alter table transcript.migrations force row level security;
alter table transcript.applied_files enable row level security;
alter table transcript.applied_files force row level security;

drop policy if exists migrations_all_owner on transcript.migrations;
create policy migrations_all_owner on transcript.migrations for all to transcript_owner
  using (true) with check (true);
drop policy if exists applied_files_all_owner on transcript.applied_files;
create policy applied_files_all_owner on transcript.applied_files for all to transcript_owner
  using (true) with check (true);

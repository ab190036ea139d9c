-- reapply when: select count(*) filter (where not c.relispartition) < 20 or bool_or(t.tgenabled <> 'A') from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid where c.relnamespace = 'transcript'::regnamespace and not t.tgisinternal
--
-- Every table that callers' content reaches has two row triggers: one refuses rows when the other is
-- missing, the other redacts (and, for events, digests and caps). ALWAYS, so that logical replication
-- and session_replication_role do not pass them by. Their names sort in the order they must fire.
--
-- For new events, of which there are many, the catalog is not asked: an event has no digest until
-- events_protect gives it one, whatever came with the row, and without one it is refused. Of what append
-- inserts that costs two comparisons.
set local role transcript_owner;

create or replace trigger events_clear before insert on transcript.events
  for each row when (new.digest <> '') execute function transcript.clear_digest();
create or replace trigger events_guard before update on transcript.events
  for each row execute function transcript.refuse_unprotected('events_protect');
create or replace trigger events_protect before insert or update of payload on transcript.events
  for each row execute function transcript.protect_event();
create or replace trigger events_refuse before insert on transcript.events
  for each row when (new.payload is not null and coalesce(new.digest, '') = '')
  execute function transcript.refuse_unprotected();
-- Not with events_protect: of a capped payload it would compute another digest.
create or replace trigger events_protect_labels
  before update of kind, role, agent, model, tool_name, tool_call_id, calls, answers, item_id, parent_id, text
  on transcript.events
  for each row execute function transcript.protect_columns(
    'kind', 'role', 'agent', 'model', 'tool_name', 'tool_call_id', 'calls', 'answers', 'item_id', 'parent_id',
    'text');
alter table transcript.events enable always trigger events_clear;
alter table transcript.events enable always trigger events_guard;
alter table transcript.events enable always trigger events_protect;
alter table transcript.events enable always trigger events_protect_labels;
alter table transcript.events enable always trigger events_refuse;

create or replace trigger blobs_guard before insert or update on transcript.blobs
  for each row execute function transcript.refuse_unprotected('blobs_protect');
create or replace trigger blobs_protect before insert or update on transcript.blobs
  for each row execute function transcript.protect_columns('payload');
alter table transcript.blobs enable always trigger blobs_guard;
alter table transcript.blobs enable always trigger blobs_protect;

create or replace trigger attachments_guard before insert or update on transcript.attachments
  for each row execute function transcript.refuse_unprotected('attachments_protect');
create or replace trigger attachments_protect before insert or update on transcript.attachments
  for each row execute function transcript.protect_attachment();
alter table transcript.attachments enable always trigger attachments_guard;
alter table transcript.attachments enable always trigger attachments_protect;

create or replace trigger conversations_guard
  before insert or update of external_id, agent, title, metadata on transcript.conversations
  for each row execute function transcript.refuse_unprotected('conversations_protect');
create or replace trigger conversations_protect
  before insert or update of external_id, agent, title, metadata on transcript.conversations
  for each row execute function transcript.protect_columns('external_id', 'agent', 'title', 'metadata');
alter table transcript.conversations enable always trigger conversations_guard;
alter table transcript.conversations enable always trigger conversations_protect;

create or replace trigger runs_guard
  before insert or update of external_id, agent, model, provider, provider_source, provider_path,
    provider_request_id, trace_id, request_id, intent_id, task_id, status, error, usage
  on transcript.runs
  for each row execute function transcript.refuse_unprotected('runs_protect');
create or replace trigger runs_protect
  before insert or update of external_id, agent, model, provider, provider_source, provider_path,
    provider_request_id, trace_id, request_id, intent_id, task_id, status, error, usage
  on transcript.runs
  for each row execute function transcript.protect_columns(
    'external_id', 'agent', 'model', 'provider', 'provider_source', 'provider_path', 'provider_request_id',
    'trace_id', 'request_id', 'intent_id', 'task_id', 'status', 'error', 'usage');
alter table transcript.runs enable always trigger runs_guard;
alter table transcript.runs enable always trigger runs_protect;

create or replace trigger rejected_guard
  before insert or update of conversation, source, format, reason, envelope, raw on transcript.rejected
  for each row execute function transcript.refuse_unprotected('rejected_protect');
create or replace trigger rejected_protect
  before insert or update of conversation, source, format, reason, envelope, raw on transcript.rejected
  for each row execute function transcript.protect_columns(
    'conversation', 'source', 'format', 'reason', 'envelope', 'raw');
alter table transcript.rejected enable always trigger rejected_guard;
alter table transcript.rejected enable always trigger rejected_protect;

create or replace trigger redaction_policies_check before insert or update on transcript.redaction_policies
  for each row execute function transcript.check_policy();
create or replace trigger redaction_policies_forget after insert or update or delete on transcript.redaction_policies
  for each statement execute function transcript.forget_protection();
create or replace trigger redaction_keys_forget after insert or update or delete on transcript.redaction_keys
  for each statement execute function transcript.forget_protection();
create or replace trigger settings_forget after insert or update or delete on transcript.settings
  for each statement execute function transcript.forget_protection();
alter table transcript.redaction_policies enable always trigger redaction_policies_check;
alter table transcript.redaction_policies enable always trigger redaction_policies_forget;
alter table transcript.redaction_keys enable always trigger redaction_keys_forget;
alter table transcript.settings enable always trigger settings_forget;

-- What a client that buffers may make of an error. See runbook/clients.md.
set local role transcript_owner;

-- True in two cases: the server or the way to it was at fault, or it is not set up as it should be and
-- somebody will mend that. False where the batch itself is at fault, and would be again.
create or replace function transcript.can_retry(sqlstate text) returns boolean
  language sql immutable parallel safe
  -- No answer at all: nobody knows whether it was stored, and the event keys make that harmless.
  return case when sqlstate is null or sqlstate = '' then true
    -- Two of these classes that no retry helps: a deferred constraint, a database that was dropped.
    when sqlstate in ('40002', '57P04') then false
    -- Connection, password, rollback, resources, object in use, an operator's or a timeout's hand, disk.
    when pg_catalog.substr(sqlstate, 1, 2) in ('08', '28', '40', '53', '55', '57', '58') then true
    -- Reads only (a standby), took too long; no such database, schema, function, table or right; a pooler
    -- that mixed up prepared statements.
    when sqlstate in ('25006', '25P03', '25P04', '26000', '3D000', '3F000', '42501', '42883', '42P01', '42P05') then true
    -- Schema and extension do not fit, a trigger is missing, no policy applies, its key is missing.
    else sqlstate in ('TR005', 'TR030', 'TR031', 'TR032') end;
comment on function transcript.can_retry(text) is
  'Whether the same batch can succeed later, by the SQLSTATE of the error; null or empty: no answer came. False: the batch itself is at fault; send its items one by one.';

revoke all on function transcript.can_retry(text) from public;
grant execute on function transcript.can_retry(text) to transcript_writer, transcript_reader;

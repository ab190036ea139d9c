-- One batch of a sweep, and the sweep. A batch takes the row locks that append takes, in this order:
-- conversation, then its events. It waits for its first lock only, while it holds nothing, and ends
-- before a row that somebody else holds: it can neither deadlock nor make appends queue behind a wait.
set local role transcript_owner;

create or replace function transcript.transactions_before(fence xid8) returns bigint
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  select count(*) from (
    -- Sessions that have a user: of other backends' types only a superuser is told.
    select a.backend_xid as xid from pg_stat_activity a
      where a.datname = current_database() and a.usesysid is not null and a.pid <> pg_backend_pid()
    union all
    select a.backend_xmin from pg_stat_activity a
      where a.datname = current_database() and a.usesysid is not null and a.pid <> pg_backend_pid()
    union all
    select p.transaction from pg_prepared_xacts p where p.database = current_database()
    union all
    select s.xmin from pg_replication_slots s
  ) t
  -- Ages, because 32-bit numbers wrap around.
  where age(t.xid) > age(fence::xid)
$$;
comment on function transcript.transactions_before(xid8) is
  'How many transactions of this database, or replication slots, are older than that transaction.';

create or replace function transcript.reredact_batch(
  tenant text, batch_size integer default 1000, include_held boolean default false,
  every_row boolean default false, out receipt_id bigint, out state text)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  -- Planned once: every statement of a batch finds rows by their key, whatever the values.
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set jit = off
as $$
#variable_conflict use_variable
declare
  -- How long an append may have to wait for a conversation that is being swept.
  until constant timestamptz := clock_timestamp() + interval '200 ms';
  protection record;
  receipt transcript.redaction_receipts;
  next record;
  part record;
  room integer := batch_size;
  locked boolean := false;
begin
  if tenant is null or btrim(tenant) = '' then
    raise exception using errcode = 'TR012', message = 'tenant is not set',
      hint = 'name the tenant whose history is to be swept';
  end if;
  if batch_size is null or batch_size not between 1 and 100000 then
    raise exception using errcode = 'TR070', message = 'batch size is not between 1 and 100000',
      hint = 'leave it out: 1000 rows a transaction is the default';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception using errcode = 'TR071', message = 'a sweep needs transactions that are read committed',
      hint = 'set default_transaction_isolation to ''read committed'' for this session';
  end if;
  -- For the rest of the transaction, of which this is the only statement.
  perform set_config('transcript.tenant', tenant, true), set_config('transcript.user_id', '', true);
  if not pg_try_advisory_xact_lock(hashtextextended('transcript.reredact ' || tenant, 0)) then
    state := 'busy';
    return;
  end if;
  select * into strict protection from transcript.protection(tenant);

  select r.* into receipt from transcript.redaction_receipts r
    where r.tenant_id = tenant and r.status = 'running' for update;
  if found and (receipt.to_version, receipt.include_held, receipt.every_row)
      is distinct from (protection.version, include_held, every_row) then
    update transcript.redaction_receipts r set status = 'cancelled', finished_at = clock_timestamp()
      where r.receipt_id = receipt.receipt_id;
    receipt := null;
  end if;
  if receipt.receipt_id is null then
    -- What was swept under this policy is not swept again, unless a hold was in the way.
    select r.* into receipt from transcript.redaction_receipts r
      where r.tenant_id = tenant order by r.receipt_id desc limit 1;
    if not every_row and receipt.status = 'done' and receipt.to_version = protection.version
      and receipt.held = 0
    then
      receipt_id := receipt.receipt_id;
      state := 'done';
      return;
    end if;
    insert into transcript.redaction_receipts as r (tenant_id, to_version, include_held, every_row, waits_for)
      values (tenant, protection.version, include_held, every_row, pg_current_xact_id())
      returning r.* into receipt;
  end if;
  receipt_id := receipt.receipt_id;
  -- An append that began before the policy was changed may still store under the old one.
  if receipt.waits_for is not null and transcript.transactions_before(receipt.waits_for) > 0 then
    state := 'waiting';
    return;
  end if;
  receipt.waits_for := null;

  while receipt.stage = 'conversations' and room > 0 and clock_timestamp() < until loop
    select v.conversation_id, v.created_at into next
      from transcript.conversations v
      where v.tenant_id = tenant and v.created_at >= receipt.opened_at
        and (v.created_at > receipt.opened_at or receipt.conversation_id is null
          or v.conversation_id > receipt.conversation_id
          or v.conversation_id = receipt.conversation_id and receipt.seq is not null)
      order by v.created_at, v.conversation_id limit 1;
    if not found then
      receipt.stage := 'rejected';
      exit;
    end if;
    if locked then
      select v.hold into part from transcript.conversations v
        where v.conversation_id = next.conversation_id for update skip locked;
      exit when not found;
    else
      select v.hold into strict part from transcript.conversations v
        where v.conversation_id = next.conversation_id for update;
      locked := true;
    end if;
    if next.conversation_id is distinct from receipt.conversation_id then
      receipt.seq := null;
    end if;
    receipt.opened_at := next.created_at;
    receipt.conversation_id := next.conversation_id;
    if part.hold and not include_held then
      receipt.held := receipt.held + 1;
      receipt.seq := null;
      room := room - 1;
      continue;
    end if;
    select * into strict part from transcript.reredact_conversation(next.conversation_id,
      protection.version, every_row, receipt.seq, room, until);
    receipt.seq := part.last_seq;
    receipt.looked := transcript.sum_counts(receipt.looked, part.looked);
    receipt.changed := transcript.sum_counts(receipt.changed, part.changed);
    receipt.findings := transcript.sum_counts(receipt.findings, part.findings);
    receipt.tables := array(select distinct t from unnest(receipt.tables || part.tables) t order by t);
    receipt.from_version := least(receipt.from_version, part.from_version);
    room := room - 1 - (part.looked ->> 'events')::integer;
  end loop;

  state := 'running';
  if receipt.stage = 'rejected' and not locked then
    select * into strict part
      from transcript.reredact_rejected(include_held, receipt.rejected_id, room, until);
    receipt.rejected_id := part.last_id;
    receipt.held := receipt.held + part.held;
    receipt.looked := transcript.sum_counts(receipt.looked, jsonb_build_object('rejected', part.looked));
    receipt.changed := transcript.sum_counts(receipt.changed, jsonb_build_object('rejected', part.changed));
    if part.changed > 0 then
      receipt.tables := array(select distinct t from unnest(receipt.tables || 'rejected'::name) t order by t);
    end if;
    if part.last_id is null then
      state := 'done';
    end if;
  end if;
  update transcript.redaction_receipts r
    set stage = receipt.stage, opened_at = receipt.opened_at, conversation_id = receipt.conversation_id,
      seq = receipt.seq, rejected_id = receipt.rejected_id, waits_for = null, held = receipt.held,
      looked = receipt.looked, changed = receipt.changed, findings = receipt.findings,
      tables = receipt.tables, from_version = receipt.from_version,
      status = state, finished_at = case when state = 'done' then clock_timestamp() end,
      ended_at = case when state = 'done' then pg_current_xact_id() end
    where r.receipt_id = receipt.receipt_id;
end
$$;
comment on function transcript.reredact_batch(text, integer, boolean, boolean) is
  'The next transaction of a tenant''s sweep, in which it starts, goes on or ends: state is running, waiting (for transactions that began before the policy), busy (another session sweeps this tenant) or done. TR070: batch size is out of range. TR071: the transaction is not read committed.';

create or replace function transcript.swept_tenants() returns setof text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select v.tenant_id from transcript.conversations v
  union
  select r.tenant_id from transcript.rejected r
  order by 1
$$;
comment on function transcript.swept_tenants() is
  'The tenants that have history, for a sweep of all of them.';

-- No SET clause, and no COMMIT within an EXCEPTION block: neither is possible. Every name is qualified.
create or replace procedure transcript.reredact(
  tenant text default null, batch_size integer default 1000, include_held boolean default false,
  every_row boolean default false)
  language plpgsql
as $$
declare
  one text;
  batch record;
begin
  if not pg_catalog.pg_has_role(current_user, 'transcript_redactor', 'usage') then
    raise exception using errcode = '42501', message = 'reredact needs role transcript_redactor',
      hint = 'GRANT transcript_redactor TO the role of the job';
  end if;
  -- Within somebody else's transaction this fails here, before anything is changed.
  commit;
  for one in
    select t.name from transcript.swept_tenants() t (name) where reredact.tenant is null
    union all
    select reredact.tenant where reredact.tenant is not null
  loop
    loop
      select * into batch from transcript.reredact_batch(one, batch_size, include_held, every_row);
      commit;
      exit when batch.state = 'done';
      if batch.state = 'busy' then
        raise notice 'skipped a tenant: another sweep of it is running';
        exit;
      elsif batch.state = 'waiting' then
        perform pg_catalog.pg_sleep(0.1);
      end if;
    end loop;
  end loop;
end
$$;
comment on procedure transcript.reredact(text, integer, boolean, boolean) is
  'Sweeps the history of a tenant, or of all, under today''s policy, in batches of one transaction each; goes on where an interrupted sweep stopped, and leaves a row in redaction_receipts per tenant. 42501: the role is not transcript_redactor.';

-- VACUUM can run in no function: whoever ran it says so, and this looks whether it is true.
create or replace function transcript.reredact_vacuumed(tenant text, receipt_id bigint) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  receipt transcript.redaction_receipts;
begin
  -- Receipts hold no content; row-level security wants a tenant all the same.
  perform set_config('transcript.tenant', tenant, true);
  select r.* into receipt from transcript.redaction_receipts r
    where r.receipt_id = reredact_vacuumed.receipt_id and r.status = 'done';
  if not found or exists (
    select from unnest(receipt.tables) t (name)
    join pg_stat_all_tables s on s.schemaname = 'transcript' and s.relname = t.name
    where coalesce(greatest(s.last_vacuum, s.last_autovacuum) < receipt.finished_at, true))
  then
    return false;
  end if;
  update transcript.redaction_receipts r set vacuumed_at = coalesce(r.vacuumed_at, clock_timestamp())
    where r.receipt_id = reredact_vacuumed.receipt_id;
  return true;
end
$$;
comment on function transcript.reredact_vacuumed(text, bigint) is
  'Notes in a receipt that all its tables were vacuumed since; false when one was not.';

revoke all on function transcript.transactions_before(xid8),
  transcript.reredact_batch(text, integer, boolean, boolean), transcript.swept_tenants(),
  transcript.reredact_vacuumed(text, bigint) from public;
revoke all on procedure transcript.reredact(text, integer, boolean, boolean) from public;
grant execute on function transcript.transactions_before(xid8),
  transcript.reredact_batch(text, integer, boolean, boolean), transcript.swept_tenants(),
  transcript.reredact_vacuumed(text, bigint) to transcript_redactor;
grant execute on procedure transcript.reredact(text, integer, boolean, boolean) to transcript_redactor;

-- The only writer. Owner's rights, so that writers need no INSERT; the owner is bound to the tenant by
-- the same policies as everybody else (FORCE). Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

create or replace function transcript.keep_rejected(
  tenant text, user_id text, conversation text, source text, line bigint, item_index integer,
  format text, reason text, envelope jsonb, raw text)
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  -- A retry of the same thing is the same letter.
  insert into transcript.rejected as r (
    tenant_id, rejected_id, user_id, conversation, source, line, item_index, format, reason, envelope, raw,
    raw_bytes)
  values (
    tenant,
    encode(substr(sha256(convert_to(jsonb_build_array(
      user_id, conversation, source, line, item_index, format, reason, md5(raw))::text, 'UTF8')), 1, 16), 'hex')::uuid,
    user_id, conversation, source, line, item_index, format, reason, envelope, left(raw, 1048576), octet_length(raw))
  on conflict (tenant_id, rejected_id) do update
    set attempts = r.attempts + 1, last_attempt_at = clock_timestamp()
$$;
comment on function transcript.keep_rejected(text, text, text, text, bigint, integer, text, text, jsonb, text) is
  'Writes one dead letter; the head of raw is kept, redacted by the table''s trigger.';

create or replace function transcript.reject(source text, line bigint, format text, reason text, raw text)
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform transcript.keep_rejected(transcript.required_tenant(), transcript.acting_user(),
    null, source, line, null, format, coalesce(reason, 'unknown'), null, raw);
end
$$;
comment on function transcript.reject(text, bigint, text, text, text) is
  'Keeps a line that could not be read as a dead letter. TR012: tenant is not set.';

-- What a batch says for all its items, as it would stand around one of them alone.
create or replace function transcript.item_envelope(batch jsonb, item_index integer) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case when jsonb_typeof(batch) = 'object'
    then batch - '{items,payloads,title,metadata,source}'::text[]
      || case when jsonb_typeof(batch -> 'sequence') = 'number'
        then jsonb_build_object('sequence', (batch ->> 'sequence')::numeric + item_index) else '{}' end
    else '{}' end
$$;
comment on function transcript.item_envelope(jsonb, integer) is
  'The envelope of a batch for one of its items.';

-- A token count as a provider reports it, when it is one.
create or replace function transcript.token_count(usage jsonb, member text) returns bigint
  language sql immutable parallel safe
  return case when pg_catalog.jsonb_typeof(usage -> member) = 'number'
                and (usage ->> member)::numeric between 0 and 1e15
              then (usage ->> member)::numeric::bigint end;
comment on function transcript.token_count(jsonb, text) is
  'A member of a usage report as a whole number; null when it is none.';

create or replace function transcript.keep_members(merged jsonb, next jsonb) returns jsonb
  language sql immutable strict parallel safe
  return next operator(pg_catalog.||) merged;
comment on function transcript.keep_members(jsonb, jsonb) is
  'Two objects as one; what the first says stays.';
create or replace function transcript.replace_members(merged jsonb, next jsonb) returns jsonb
  language sql immutable strict parallel safe
  return merged operator(pg_catalog.||) next;
comment on function transcript.replace_members(jsonb, jsonb) is
  'Two objects as one; what the second says wins.';

-- Objects one after another: the first to name a member has it, or the last.
create or replace aggregate transcript.first_names(jsonb) (
  sfunc = transcript.keep_members, stype = jsonb, parallel = safe);
comment on aggregate transcript.first_names(jsonb) is
  'Objects merged; the first value of each member stays. Nulls are passed over.';
create or replace aggregate transcript.last_words(jsonb) (
  sfunc = transcript.replace_members, stype = jsonb, parallel = safe);
comment on aggregate transcript.last_words(jsonb) is
  'Objects merged; the last value of each member stays. Nulls are passed over.';

-- The second and later arguments are those of transcript.append; this_store, store_rows and
-- fingerprints say of each item which row of which session store it is (sql/functions/10_store_rows.sql).
create or replace function transcript.append_batch(
  batch jsonb, format text, on_conflict text, this_store integer default null, store_rows bigint[] default null,
  fingerprints bigint[] default null)
  returns table (index integer, status text, seq bigint, reason text)
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  -- A plan made while the tables were small must not become a scan of large ones, nor a join of a
  -- batch's items with themselves a loop in a loop.
  set enable_seqscan = off
  set enable_nestloop = off
  -- …and its price, which these settings inflate, is no reason to compile it.
  set jit = off
as $$
#variable_conflict use_column
declare
  this_tenant constant text := transcript.required_tenant();
  this_user constant text := transcript.acting_user();
  foreign_user constant text := 'TR019: conversation belongs to another user; use a conversation of your own';
  header record;
  items transcript.item[];
  locked transcript.conversations[];
  refused integer[];
  at timestamptz;
  is_last boolean;
  -- The items that have something to say of their run.
  told integer[] := '{}';
  change_position bigint;
begin
  if batch is null or format is null then
    raise exception using errcode = 'TR010', message = 'batch and format must not be null',
      hint = 'send {"conversation": …, "items": […]}';
  end if;
  if on_conflict is null or on_conflict not in ('report', 'ignore', 'merge') then
    raise exception using errcode = 'TR009', message = format('%L is no way to treat conflicts', on_conflict),
      hint = 'say report, ignore or merge';
  end if;
  select * into header from transcript.batch_header(batch);
  select coalesce(array_agg(row(p.*)::transcript.item order by p.index), '{}') into items
    from transcript.settings s, transcript.project(
      batch, format, this_tenant, s.max_item_bytes, on_conflict = 'merge') p;

  change_position := transcript.change_position();
  -- Conversations are made and locked in key order: that keeps rival batches from deadlock.
  insert into transcript.conversations
      (conversation_id, tenant_id, user_id, external_id, agent, title, metadata)
    select distinct on (i.conversation_id) i.conversation_id, this_tenant, coalesce(this_user, i.user_id),
      i.conversation, i.agent,
      case when i.conversation = header.conversation then header.title end,
      case when i.conversation = header.conversation then header.metadata end
    from unnest(items) i
    where i.reason is null and (this_user is null or coalesce(i.user_id, this_user) = this_user)
    order by i.conversation_id, i.index
    on conflict (conversation_id) do nothing;
  if cardinality(items) = 0 and header.conversation is not null then
    -- Nothing was said yet, but somebody opened it.
    insert into transcript.conversations (conversation_id, tenant_id, user_id, external_id, title, metadata)
      values (transcript.conversation_id(this_tenant, header.conversation), this_tenant, this_user,
        header.conversation, header.title, header.metadata)
      on conflict (conversation_id) do nothing;
  end if;
  select coalesce(array_agg(c), '{}') into locked
    from (
      select c.* from transcript.conversations c
      where c.conversation_id = any (array(select distinct i.conversation_id from unnest(items) i where i.reason is null))
      order by c.conversation_id
      for update
    ) c;
  -- Nobody else appends to these conversations from here on, and (READ COMMITTED) the statements below
  -- see all that was committed before the locks were given.

  at := clock_timestamp();
  if not exists (
    select from transcript.partitions p
    where p.parent = 'events' and p.lower_bound <= at and at < p.upper_bound
      and to_regclass('transcript.' || p.leaf) is not null)
  then
    -- The job that keeps partitions ready did not run: a missing partition must not lose events.
    begin
      perform transcript.ensure_partitions();
    exception when duplicate_table then
      if current_setting('transaction_isolation') = 'read committed' then
        raise;
      end if;
      -- A rival made them; this transaction's snapshot is older.
      raise exception using errcode = '40001', message = 'could not serialize access: partitions were made since',
        hint = 'run the transaction again';
    end;
  end if;

  -- Beside what projection found wrong: conversations that are there but not to be seen or written.
  refused := array(
    select i.index from unnest(items) i
    left join unnest(locked) l on l.conversation_id = i.conversation_id
    where i.reason is not null or l.conversation_id is null or i.user_id <> coalesce(this_user, l.user_id));
  perform transcript.keep_rejected(this_tenant, this_user, i.conversation, header.source, null, i.index,
      format, coalesce(i.reason, foreign_user), transcript.item_envelope(batch, i.index),
      -- The item as it came; of one that is too large or too deep to walk, the head.
      transcript.unparse(transcript.redacted(
        case when i.reason ~ '^TR00[23]' then i.payload
          when jsonb_typeof(batch) = 'array' then batch -> i.index
          else coalesce(batch -> 'items', batch -> 'payloads') -> i.index end, this_tenant)))
    from unnest(items) i
    join unnest(refused) r (index) on r.index = i.index;

  for index, status, seq in
    select * from transcript.store_items(this_tenant, this_user, items, locked, refused, at, on_conflict,
      change_position, this_store, store_rows, fingerprints)
  loop
    is_last := status = 'stored';
    if on_conflict = 'merge' and status in ('duplicate', 'conflict') then
      select m.status, m.is_last into status, is_last
        from transcript.merge_item(this_tenant, this_user, items[index + 1], seq) m;
    elsif on_conflict = 'ignore' and status = 'conflict' then
      status := 'duplicate';
    end if;
    reason := case status
      when 'conflict' then 'TR040: the event key is taken by another payload; nothing was overwritten'
      when 'rejected' then coalesce(items[index + 1].reason, foreign_user) end;
    if is_last and items[index + 1].run_id is not null then
      told := told || index;
    end if;
    if this_store is not null and status in ('duplicate', 'merged') then
      -- It was appended before its table was attached, or its row was changed.
      update transcript.events e
        set store_id = this_store, store_row = store_rows[index + 1],
          fingerprint = fingerprints[index + 1] # transcript.place(e.seq, e.payload)
        where e.conversation_id = items[index + 1].conversation_id and e.seq = append_batch.seq
          and (e.store_id is distinct from this_store
            or e.fingerprint <> fingerprints[index + 1] # transcript.place(e.seq, e.payload));
    end if;
    return next;
  end loop;
  if cardinality(told) > 0 then
    perform transcript.store_runs(
      this_tenant, array(select i from unnest(items) i where i.index = any (told)), locked, at);
  end if;
end
$$;
comment on function transcript.append_batch(jsonb, text, text, integer, bigint[], bigint[]) is
  'Stores a batch; called by transcript.append and by session stores.';

-- Arguments: batch, an array of items or {"conversation": …, "items": […]}; format, one of
-- transcript.formats(); on_conflict, what becomes of an item whose key another payload has: report it,
-- ignore it (a duplicate), or merge it into the event.
create or replace function transcript.append(
  batch jsonb, format text default 'native', on_conflict text default 'report')
  returns table (index integer, status text, seq bigint, reason text)
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
  select * from transcript.append_batch(batch, format, on_conflict)
$$;
comment on function transcript.append(jsonb, text, text) is
  'Stores a batch; one verdict per item: stored, duplicate, merged, conflict or rejected. TR009: unknown way to treat conflicts. TR010: wrong envelope. TR011: unknown format. TR012: tenant is not set.';

revoke all on function
  transcript.keep_rejected(text, text, text, text, bigint, integer, text, text, jsonb, text),
  transcript.reject(text, bigint, text, text, text), transcript.token_count(jsonb, text), transcript.item_envelope(jsonb, integer),
  transcript.keep_members(jsonb, jsonb), transcript.replace_members(jsonb, jsonb),
  transcript.first_names(jsonb), transcript.last_words(jsonb), transcript.append(jsonb, text, text),
  transcript.append_batch(jsonb, text, text, integer, bigint[], bigint[]) from public;
grant execute on function transcript.reject(text, bigint, text, text, text), transcript.append(jsonb, text, text)
  to transcript_writer;

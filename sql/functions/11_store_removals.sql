-- What is removed from an attached table becomes an event: which rows, and what they were by fingerprint.
-- Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

create or replace function transcript.session_store_deleted() returns trigger
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  store transcript.attached_stores;
  removed jsonb;
begin
  select s.* into store from transcript.attached_stores s where s.messages = tg_relid;
  if not found then
    return null;
  end if;
  execute format(
    'select jsonb_agg(jsonb_build_object(''session'', o.%I::text, ''id'', o.%I, ''fingerprint'', %s)) from old_rows o',
    store.session_column, store.ordering_column, transcript.store_fingerprint(store, 'o')) into removed;
  if removed is not null then
    perform transcript.project_removed_rows(store, removed);
  end if;
  return null;
exception when query_canceled or others then
  if store.is_strict then
    raise;
  end if;
  perform transcript.keep_unread(store, sqlstate, tg_op);
  return null;
end
$$;
comment on function transcript.session_store_deleted() is
  'Trigger of attached session stores: appends what a statement removed as events.';

create or replace function transcript.session_store_truncated() returns trigger
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  store transcript.attached_stores;
  removed jsonb;
begin
  select s.* into store from transcript.attached_stores s where s.messages = tg_relid;
  if not found then
    return null;
  end if;
  -- Before it happens: afterwards nobody knows what was there. A thousand sessions at a time.
  for removed in execute format(
    'select jsonb_agg(jsonb_build_object(''session'', r.%1$I::text, ''id'', r.%2$I, ''fingerprint'', r.fingerprint))
     from (select t.%1$I, t.%2$I, %4$s as fingerprint,
             (dense_rank() over (order by t.%1$I) - 1) / 1000 as part from only %3$s t) r
     group by r.part order by r.part', store.session_column, store.ordering_column, store.messages,
    transcript.store_fingerprint(store, 't'))
  loop
    perform transcript.project_removed_rows(store, removed, 'session_cleared');
  end loop;
  return null;
exception when query_canceled or others then
  if store.is_strict then
    raise;
  end if;
  perform transcript.keep_unread(store, sqlstate, tg_op);
  return null;
end
$$;
comment on function transcript.session_store_truncated() is
  'Trigger of attached session stores: appends the clearing of each session that there is.';

-- Numbers of rows in a payload: as numbers, long ones could pass for those of cards and phones, and be hidden.
create or replace function transcript.written_ranges(numbers int8multirange) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_agg(
      regexp_replace(lower(n)::text, '(\d)(?=(\d{3})+$)', '\1_', 'g') || case when upper(n) - 1 > lower(n)
        then '..' || regexp_replace((upper(n) - 1)::text, '(\d)(?=(\d{3})+$)', '\1_', 'g') else '' end
      order by n), '[]')
  from unnest(numbers) n
$$;
comment on function transcript.written_ranges(int8multirange) is
  'Numbers as a removal''s payload has them: ["7", "12..1_204"]. transcript.removed_rows reads them.';

create or replace function transcript.removed_rows(payload jsonb) returns int8multirange
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(range_agg(int8range(split_part(n, '..', 1)::bigint,
    coalesce(nullif(split_part(n, '..', 2), ''), split_part(n, '..', 1))::bigint, '[]')), '{}')
  from (select replace(r, '_', '') as n from jsonb_array_elements_text(payload -> 'removed') r) w
$$;
comment on function transcript.removed_rows(jsonb) is
  'The numbers of the rows that a rewind, session_cleared, compaction or store_pruned event removed from its store.';

-- Arguments: removed, an array of {"session", "id", "fingerprint"}; removal, the kind of the events
-- where the caller knows it better than the table does.
create or replace function transcript.project_removed_rows(
  store transcript.attached_stores, removed jsonb, removal text default null)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  items jsonb;
  is_pruning constant boolean :=
    current_setting('transcript.store_pruning', true) = pg_current_xact_id()::text;
begin
  execute format($query$
    select jsonb_agg(jsonb_build_object('conversation', $1 || g.session, 'kind', k.kind,
        -- Rows that were put back can be removed again: that is another removal.
        'key', format('%%s %%s %%s %%s %%s', $2, pg_current_xact_id(), g.first, g.last, g.rows),
        'fingerprint', g.fingerprint,
        'payload', jsonb_build_object('store', $2, 'rows', g.rows, 'removed', g.ranges)) order by g.session)
    from (
      select o.session, min(o.id) as first, max(o.id) as last, count(*) as rows,
        bit_xor(o.fingerprint) as fingerprint,
        transcript.written_ranges(range_agg(int8range(o.id, o.id, '[]'))) as ranges
      from jsonb_to_recordset($3) o (session text, id bigint, fingerprint bigint)
      group by o.session
    ) g
    cross join lateral (
      select case
        when $4 is not null then $4
        -- This transaction put other rows in their place.
        when exists (select from only %1$s t where t.%2$I = g.session::%4$s and t.%3$I > g.last
            and t.xmin = pg_current_xact_id()::xid) then 'compaction'
        when exists (select from only %1$s t where t.%2$I = g.session::%4$s and t.%3$I > g.first) then 'store_pruned'
        when exists (select from only %1$s t where t.%2$I = g.session::%4$s) then 'rewind'
        else 'session_cleared' end as kind
    ) k$query$,
    store.messages, store.session_column, store.ordering_column,
    transcript.column_type(store.messages, store.session_column))
    into items
    using store.prefix, store.name, removed, case when is_pruning then 'store_pruned' else removal end;
  perform transcript.project_store_items(store, items, 'native', 'report');
end
$$;
comment on function transcript.project_removed_rows(transcript.attached_stores, jsonb, text) is
  'Appends, for each session, that rows were removed: rewind (the last ones), session_cleared, compaction (others took their place) or store_pruned.';

revoke all on function transcript.session_store_deleted(), transcript.session_store_truncated(),
  transcript.written_ranges(int8multirange), transcript.removed_rows(jsonb),
  transcript.project_removed_rows(transcript.attached_stores, jsonb, text) from public;

grant execute on function transcript.removed_rows(jsonb) to transcript_reader, transcript_auditor;

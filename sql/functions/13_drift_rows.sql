-- What differs between a session store and the log. A row and its event have the same fingerprint, which
-- the store's key makes of the row before redaction: no content is compared. Bodies are strings: see
-- 02_protection.sql.
set local role transcript_owner;

-- Sessions whose fingerprints differ. Where the sums agree nothing is compared row by row: an event that
-- tells of removed rows carries their fingerprints, so it takes them off both. One statement, one snapshot:
-- a row and its event are committed together. Arguments: conversations and sessions, side by side, or nulls for
-- all; a session that is not known has its conversation alone.
create or replace function transcript.differing_sessions(
  store transcript.attached_stores, conversations uuid[], sessions text[],
  out differing_conversations uuid[], out differing_names text[], out compared bigint)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  -- Sorted, the payloads would go through a file; the sums of a session are small.
  set enable_sort = off
  set jit = off
as $$
begin
  -- Each of the two is one parallel scan.
  execute format($query$
    with row_sums as (
      select transcript.conversation_id($1, $2 || g.session::text) as conversation_id, g.session::text as session,
        g.rows, g.fingerprint
      from (
        select t.%1$I as session, count(*) as rows, bit_xor(%2$s) as fingerprint
        from only %3$s t %4$s
        group by t.%1$I
      ) g
    ),
    event_sums as (
      select e.conversation_id,
        sum(case when e.store_row is null then -(e.payload ->> 'rows')::bigint else 1 end) as rows,
        bit_xor(e.fingerprint # transcript.place(e.seq, e.payload)) as fingerprint
      from transcript.events e
      where e.store_id = $3 %5$s
      group by e.conversation_id
    )
    select coalesce(array_agg(d.conversation_id) filter (where d.is_differing), '{}'),
      coalesce(array_agg(d.session) filter (where d.is_differing), '{}'), count(*)
    from (
      select conversation_id, r.session,
        r.rows is distinct from e.rows or r.fingerprint is distinct from e.fingerprint as is_differing
      from row_sums r full join event_sums e using (conversation_id)
    ) d$query$,
    store.session_column, transcript.store_fingerprint(store, 't', '$6'), store.messages,
    case when sessions is not null then format('where t.%I = any (array_remove($4, null)::%s[])', store.session_column,
      transcript.store_session_type(store)) else '' end,
    case when sessions is not null then 'and e.conversation_id = any ($5)' else '' end)
    into differing_conversations, differing_names, compared
    using store.tenant_id, store.prefix, store.store_id, sessions, conversations,
      (select k.secret from transcript.fingerprint_keys k where k.store_id = store.store_id);
end
$$;
comment on function transcript.differing_sessions(transcript.attached_stores, uuid[], text[]) is
  'Sessions of a store whose rows and events differ in number or fingerprint, also those that are rightly so because events were purged, side by side; and how many sessions were compared.';

create or replace function transcript.store_session_type(store transcript.attached_stores) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select format_type(a.atttypid, null) from pg_attribute a
  where a.attrelid = store.messages and a.attname = store.session_column
$$;
comment on function transcript.store_session_type(transcript.attached_stores) is
  'The type of the sessions'' ids in a store.';

-- The same, row by row, of some sessions. A session that only the log has comes with its conversation
-- alone. Arguments: conversations and sessions, side by side; with_kinds, false to do without the kinds of
-- rows that have no event: each must be projected for it.
create or replace function transcript.differing_rows(
  store transcript.attached_stores, conversations uuid[], sessions text[], with_kinds boolean default true)
  returns table (conversation_id uuid, session text, store_row bigint, seq bigint, kind text, problem text)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set jit = off
as $$
begin
  return query execute format($query$
    with wanted as materialized (
      select * from unnest($4, $5) w (conversation_id, session)
    ),
    found_row as materialized (
      select w.conversation_id, t.%2$I::bigint as store_row, %3$s as fingerprint, t.%4$I::text as item, %5$s as at
      from wanted w
      join only %6$s t on t.%1$I = w.session::%7$s
    ),
    event as materialized (
      select e.conversation_id, e.store_row, e.seq, e.kind, e.payload, e.fingerprint as bound,
        e.fingerprint # transcript.place(e.seq, e.payload) as fingerprint,
        row_number() over (partition by e.conversation_id, e.store_row order by e.seq) as copy
      from transcript.events e
      where e.conversation_id = any ($4) and e.store_id = $3 and e.store_row is not null
    ),
    removed as (
      select e.conversation_id, range_agg(n.range) as numbers
      from transcript.events e
      cross join unnest(transcript.removed_rows(transcript.whole_payload(e))) n (range)
      where e.conversation_id = any ($4) and e.store_id = $3 and e.store_row is null
      group by e.conversation_id
    ),
    -- Purging takes the oldest events of a conversation, whatever they are: then seq begins later. What is
    -- missing between seqs was lost otherwise.
    counted as (
      select c.*, c.next_seq - c.first_seq - c.events as holes
      from (
        select c.conversation_id, c.next_seq, count(e.seq) as events,
          case when c.first_activity < (select min(p.lower_bound) from transcript.partitions p where p.parent = 'events')
            then coalesce(min(e.seq), c.next_seq) else 1 end as first_seq,
          coalesce(min(e.store_row) filter (where e.store_id = $3), 9223372036854775807) as first_row
        from transcript.conversations c
        left join transcript.events e on e.conversation_id = c.conversation_id
        where c.conversation_id = any ($4)
        group by c.conversation_id
      ) c
    ),
    pair as materialized (
      select coalesce(r.conversation_id, e.conversation_id) as conversation_id,
        coalesce(r.store_row, e.store_row) as store_row, e.seq, e.kind, e.payload, e.bound,
        e.fingerprint as event_says, r.fingerprint as row_says, r.item, r.at,
        case
          when e.store_row is null then 'missing'
          when r.store_row is null then 'extra'
          when r.fingerprint is distinct from e.fingerprint then 'altered'
        end as problem
      from found_row r
      full join (select * from event where copy = 1) e
        on e.conversation_id = r.conversation_id and e.store_row = r.store_row
    ),
    -- Few: those that could have changed places are tried out against each other.
    altered as materialized (
      select * from (
        select p.*, count(*) over (partition by p.conversation_id) as rivals from pair p where p.problem = 'altered') a
      where a.rivals between 2 and 200
    ),
    moved as (
      select distinct a.conversation_id, a.store_row
      from altered a
      join altered o on o.conversation_id = a.conversation_id and o.store_row <> a.store_row
      cross join (select k.secret from transcript.fingerprint_keys k where k.store_id = $3) key
      where a.event_says in (transcript.fingerprint(a.store_row, a.at, o.item, key.secret),
          transcript.fingerprint(a.store_row, o.at, o.item, key.secret), transcript.fingerprint(a.store_row, o.at, a.item, key.secret))
        or a.row_says in (a.bound # transcript.place(o.seq, a.payload), a.bound # transcript.place(a.seq, o.payload))
    ),
    named as (
      select p.conversation_id, p.store_row, p.seq, p.kind, p.item,
        case
          when p.problem = 'altered' and exists (
            select from moved m where m.conversation_id = p.conversation_id and m.store_row = p.store_row)
            then 'reordered'
          -- No event was lost, and the same row is there under another number.
          when p.problem = 'missing' and exists (
              select from counted c where c.conversation_id = p.conversation_id and c.holes = 0)
            and exists (select from pair o where o.conversation_id = p.conversation_id and o.item = p.item
              and o.problem is null)
            then 'duplicated'
          else p.problem
        end as problem
      from pair p
      where p.problem is not null
        and not (p.problem = 'extra' and exists (
          select from removed r where r.conversation_id = p.conversation_id and p.store_row <@ r.numbers))
        and not (p.problem = 'missing' and exists (
          select from counted c
          where c.conversation_id = p.conversation_id and c.first_seq > 1 and p.store_row < c.first_row))
      union all
      select e.conversation_id, e.store_row, e.seq, e.kind, null, 'duplicated' from event e where e.copy > 1
    )
    select n.conversation_id, w.session, n.store_row, n.seq,
      coalesce(n.kind, case when $7 then coalesce(transcript.store_item_kind($6, n.item), 'unreadable') end), n.problem
    from named n
    join wanted w using (conversation_id)$query$,
    store.session_column, store.ordering_column, transcript.store_fingerprint(store, 't'), store.data_column,
    transcript.store_time(store, 't'), store.messages, transcript.store_session_type(store))
    using store.tenant_id, store.prefix, store.store_id, conversations, sessions, store.format, with_kinds;
end
$$;
comment on function transcript.differing_rows(transcript.attached_stores, uuid[], text[], boolean) is
  'Rows and events of some sessions that differ: problem is missing, extra, altered, reordered or duplicated.';

create or replace function transcript.store_item_kind(format text, item text) returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (select p.kind
    from transcript.settings s,
      transcript.project(jsonb_build_object('conversation', 'x', 'sequence', 1, 'items', jsonb_build_array(transcript.parse(item))),
        format, 'x', s.max_item_bytes, false) p
    limit 1);
exception when others then
  return null;
end
$$;
comment on function transcript.store_item_kind(text, text) is
  'The kind of event that an item would be; null when it would be none.';

revoke all on function transcript.differing_sessions(transcript.attached_stores, uuid[], text[]),
  transcript.store_session_type(transcript.attached_stores),
  transcript.differing_rows(transcript.attached_stores, uuid[], text[], boolean), transcript.store_item_kind(text, text) from public;

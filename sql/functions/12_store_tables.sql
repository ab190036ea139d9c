-- The tables of agent frameworks: which can be attached, what numbers their rows, what the log's owner may
-- do with them. Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

create or replace function transcript.store_name(messages regclass) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select format('%s.%I', c.relnamespace::regnamespace, c.relname) from pg_class c where c.oid = messages
$$;
comment on function transcript.store_name(regclass) is
  'Schema and name of a table; null where it is gone.';

-- What a table must be to be attached: somebody's own plain table, in which a number names a row.
create or replace function transcript.check_store(
  messages regclass, session_column name, ordering_column name, data_column name, time_column name)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  relation pg_class;
  store_name constant text := transcript.store_name(messages);
  wanted record;
  found_type regtype;
begin
  select c.* into relation from pg_class c where c.oid = messages;
  if relation.relkind <> 'r' or relation.relispartition or relation.relpersistence = 't'
    or relation.relnamespace in ('pg_catalog'::regnamespace, 'transcript'::regnamespace)
    or exists (select from pg_inherits i where messages in (i.inhrelid, i.inhparent))
  then
    raise exception using errcode = 'TR062', message = format('%s cannot be attached', store_name),
      hint = 'name a plain table: not partitioned, inherited, temporary, a view, or one of the server or this schema';
  end if;
  if not pg_has_role(current_user, relation.relowner, 'usage') then
    raise exception using errcode = 'TR063', message = format('table %s belongs to another role', store_name),
      hint = 'attach it as its owner, who must be a member of transcript_owner, or as a superuser';
  end if;
  for wanted in
    select * from (values
      (session_column, null::regtype[], true),
      (ordering_column, '{smallint,integer,bigint}', true),
      (data_column, '{text,varchar,json,jsonb}', false),
      (nullif(time_column, ''), '{timestamp,timestamptz}', false)) w (name, types, is_required)
    where w.name is not null or w.types is null
  loop
    select a.atttypid into found_type from pg_attribute a
      where a.attrelid = messages and a.attname = wanted.name and a.attnum > 0 and not a.attisdropped
        and (a.attnotnull or not wanted.is_required);
    if not found or found_type <> all (coalesce(wanted.types, array[found_type])) then
      raise exception using errcode = 'TR061',
        message = format('table %s has no column %I that can be used', store_name, wanted.name),
        hint = format('name the columns: session_column (not null), ordering_column (an integer, not null), data_column (text or json), time_column (a timestamp, or '''' for none)');
    end if;
  end loop;
  if not exists (select from transcript.store_keys(messages, session_column, ordering_column)) then
    raise exception using errcode = 'TR062',
      message = format('table %s has no unique index on %I, or on %I and %I', store_name, ordering_column, session_column, ordering_column),
      hint = 'create one: each row must have a number of its own';
  end if;
end
$$;
comment on function transcript.check_store(regclass, name, name, name, name) is
  'Refuses what cannot be attached. TR061: a column is missing or of the wrong type. TR062: no plain table, or nothing numbers its rows. TR063: the table is another''s.';

create or replace function transcript.store_keys(messages regclass, session_column name, ordering_column name)
  returns table (by_session boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select k.names <> array[ordering_column]
  from pg_index i
  cross join lateral (
    select array_agg(a.attname order by a.attname) as names
    from unnest(i.indkey[0:i.indnkeyatts - 1]) n (attnum)
    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = n.attnum
  ) k
  where i.indrelid = messages and i.indisunique and i.indisvalid and i.indisready and i.indpred is null
    and i.indimmediate
    and k.names in (array[ordering_column], array[least(session_column, ordering_column), greatest(session_column, ordering_column)])
  order by 1
  limit 1
$$;
comment on function transcript.store_keys(regclass, name, name) is
  'Whether a row''s number is unique within its session only; no row where it is not unique at all.';

-- The table that a session's id refers to, where the framework has one.
create or replace function transcript.store_parent(messages regclass, session_column name)
  returns table (parent regclass, key_column name)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select k.confrelid::regclass, p.attname
  from pg_constraint k
  join pg_attribute a on a.attrelid = k.conrelid and k.conkey = array[a.attnum]
  join pg_attribute p on p.attrelid = k.confrelid and k.confkey = array[p.attnum]
  where k.conrelid = messages and k.contype = 'f' and a.attname = session_column
  limit 1
$$;
comment on function transcript.store_parent(regclass, name) is
  'The table of sessions that a table of items refers to, and its key.';

-- What the log's owner needs: to read rows again when they are projected, compared or counted, and to
-- remove them (transcript.prune_store).
create or replace function transcript.grant_store(messages regclass, session_column name) returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  related record;
begin
  execute format('grant usage on schema %s to transcript_owner',
    (select c.relnamespace::regnamespace from pg_class c where c.oid = messages));
  for related in
    select messages as relation, session_column as column_name
    union all
    select p.parent, p.key_column from transcript.store_parent(messages, session_column) p
  loop
    -- The right to update one column is what locking a row takes.
    execute format('grant select, delete, update (%I) on %s to transcript_owner', related.column_name, related.relation);
    if (select c.relrowsecurity from pg_class c where c.oid = related.relation) then
      execute format('drop policy if exists transcript_reads on %s', related.relation);
      execute format('create policy transcript_reads on %s to transcript_owner using (true)', related.relation);
    end if;
  end loop;
end
$$;
comment on function transcript.grant_store(regclass, name) is
  'Grants the log''s owner what projection and pruning need of a session store.';

revoke all on function transcript.store_name(regclass), transcript.check_store(regclass, name, name, name, name),
  transcript.store_keys(regclass, name, name), transcript.store_parent(regclass, name),
  transcript.grant_store(regclass, name) from public;

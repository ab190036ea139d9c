-- What append does before it stores: the batch's conversations, a place in time, a number for each new item.
-- Bodies are strings: see 02_protection.sql.
set local role transcript_owner;

-- The batch's conversations, made where they are missing, locked in key order: that keeps rival batches
-- from deadlock. Those of others are not among them.
create or replace function transcript.lock_conversations(
  this_tenant text, this_user text, items transcript.item[], ids uuid[], named text, title text, metadata jsonb)
  returns transcript.conversations[]
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  locked transcript.conversations[];
begin
  for attempt in 1 .. 2 loop
    -- When one of them is missing none is locked yet: who makes a conversation must hold no other. Each is
    -- looked up by itself: asked for as a set, all conversations of the tenant could be read.
    if attempt = 2 or cardinality(ids) = 1 or cardinality(ids) = (
      select count(*) from unnest(ids) i (id)
      cross join lateral (
        select from transcript.conversations k where k.conversation_id = i.id limit 1) k)
    then
      locked := array(
        select l.c from (select i.id from unnest(ids) i (id) order by i.id) i
        cross join lateral (
          select c from transcript.conversations c where c.conversation_id = i.id for update) l);
    end if;
    exit when attempt = 2 or (cardinality(ids) > 0 and cardinality(locked) = cardinality(ids));
    insert into transcript.conversations
        (conversation_id, tenant_id, user_id, external_id, agent, title, metadata)
      select distinct on (i.conversation_id) i.conversation_id, this_tenant, coalesce(this_user, i.user_id),
        i.conversation, i.agent, case when i.conversation = named then lock_conversations.title end,
        case when i.conversation = named then lock_conversations.metadata end
      from unnest(items) i
      where i.reason is null and (this_user is null or coalesce(i.user_id, this_user) = this_user)
      order by i.conversation_id, i.index
      on conflict (conversation_id) do nothing;
    if cardinality(items) = 0 and named is not null then
      -- Nothing was said yet, but somebody opened it.
      insert into transcript.conversations (conversation_id, tenant_id, user_id, external_id, title, metadata)
        values (transcript.conversation_id(this_tenant, named), this_tenant, this_user, named,
          lock_conversations.title, lock_conversations.metadata)
        on conflict (conversation_id) do nothing;
    end if;
  end loop;
  return locked;
end
$$;
comment on function transcript.lock_conversations(text, text, transcript.item[], uuid[], text, text, jsonb) is
  'The conversations that a batch is for (ids), locked, in key order; those that are missing are made.';

-- The job that keeps partitions ready did not run: a missing partition must not lose events.
create or replace function transcript.make_partitions() returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform transcript.ensure_partitions();
exception when duplicate_table then
  if current_setting('transaction_isolation') = 'read committed' then
    raise;
  end if;
  -- A rival made them; this transaction's snapshot is older.
  raise exception using errcode = '40001', message = 'could not serialize access: partitions were made since',
    hint = 'run the transaction again';
end
$$;
comment on function transcript.make_partitions() is
  'Makes the partitions that are missing. 40001: a rival made them, and this transaction cannot see them.';

-- Which items of a batch are new, and what is said of the others already. Refused are, beside what
-- projection found wrong, items for conversations that are there but not to be seen or written. What is not
-- known by its key, and not earlier in the batch, is new. since and upto bound the time of known events.
create or replace function transcript.number_items(
  items transcript.item[], this_user text, locked transcript.conversations[], since timestamptz, upto timestamptz,
  out verdicts transcript.verdict[], out numbers bigint[], out places integer[], out told integer[])
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  select coalesce(array_agg(row(n.index, n.status, n.seq, n.refusal)::transcript.verdict), '{}'),
      coalesce(array_agg(coalesce(n.seq, 0)), '{}'), array_agg(coalesce(n.place, 0)),
      array_agg(n.index) filter (where n.seq is not null and n.run_id is not null)
    into verdicts, numbers, places, told
    from (
      select f.index, f.run_id, f.place, f.refusal,
        case when f.is_new then 'stored' when f.refusal is not null then 'rejected' end as status,
        case when f.is_new then f.next_seq - 1
          + count(*) filter (where f.is_new) over (partition by f.conversation_id order by f.index) end as seq
      from (
        select g.*, g.refusal is null and g.known is null and row_number() over (
            partition by g.conversation_id, g.event_key, g.refusal is null order by g.index) = 1 as is_new
        from (
          select i.index, i.conversation_id, i.event_key, i.run_id, l.ordinality::integer as place, l.next_seq, e.seq as known,
            case when i.reason is not null then i.reason
              when l.conversation_id is null or i.user_id <> coalesce(this_user, l.user_id) then
                'TR019: conversation belongs to another user; use a conversation of your own'
            end as refusal
          from unnest(items) i
          left join unnest(locked) with ordinality l on l.conversation_id = i.conversation_id
          left join lateral (
            select e.seq from transcript.events e
            where e.conversation_id = i.conversation_id and e.event_key = i.event_key
              and e.recorded_at >= since and e.recorded_at < upto
            limit 1
          ) e on true
        ) g
      ) f
      order by f.index
    ) n;
end
$$;
comment on function transcript.number_items(
    transcript.item[], text, transcript.conversations[], timestamptz, timestamptz) is
  'By item of a batch: its verdict, where that is stored or rejected; the seq it gets, and the place of its conversation; and which new items name a run.';

revoke all on function
  transcript.lock_conversations(text, text, transcript.item[], uuid[], text, text, jsonb),
  transcript.make_partitions(),
  transcript.number_items(transcript.item[], text, transcript.conversations[], timestamptz, timestamptz) from public;

-- What a sweep would do. Reads everything it would read, and writes nothing.
set local role transcript_owner;

create or replace function transcript.hidden_by_rule(whole jsonb, policy jsonb, kind text, tool text)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(c.rule, c.n), '{}')
  from (
    select f.rule, sum(f.count) as n from transcript.findings(whole, policy, kind, tool) f
    where f.action <> 'keep'
    group by f.rule
  ) c
$$;
comment on function transcript.hidden_by_rule(jsonb, jsonb, text, text) is
  'How many values a policy hides in the payload of an event, by rule.';

create or replace function transcript.reredact_plan(
  tenant text, include_held boolean default false, every_row boolean default false)
  returns table (relation name, looked bigint, changed bigint, held bigint, findings jsonb)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
as $$
#variable_conflict use_variable
declare
  -- Given back at the end: a plan may be one statement of many.
  callers_tenant constant text := coalesce(current_setting('transcript.tenant', true), '');
  callers_user constant text := coalesce(current_setting('transcript.user_id', true), '');
  protection record;
  leaf record;
begin
  if tenant is null or btrim(tenant) = '' then
    raise exception using errcode = 'TR012', message = 'tenant is not set',
      hint = 'name the tenant whose history is to be swept';
  end if;
  perform set_config('transcript.tenant', tenant, true), set_config('transcript.user_id', '', true);
  select * into strict protection from transcript.protection(tenant);

  -- One leaf at a time: what is kept meanwhile is its counts.
  for leaf in
    select p.leaf as name, p.lower_bound, p.upper_bound from transcript.partitions p
    where p.parent = 'events' order by p.lower_bound
  loop
    relation := leaf.name;
    select count(*), count(*) filter (where x.differs and not x.held),
        count(*) filter (where x.differs and x.held)
      into looked, changed, held
      from (
        select not include_held and v.hold as held,
          (every_row or e.policy_version <> protection.version)
            and transcript.row_differs(
              transcript.whole_payload(e), tenant, e.kind, e.tool_name,
              variadic array[e.kind, e.role, e.agent, e.model, e.tool_name, e.tool_call_id, e.item_id, e.parent_id]
                || e.calls || e.answers) as differs
        from transcript.conversations v
        join transcript.events e on e.conversation_id = v.conversation_id
        where v.tenant_id = tenant and e.recorded_at >= leaf.lower_bound and e.recorded_at < leaf.upper_bound
      ) x;
    findings := '{}';
    if changed > 0 then
      select coalesce(jsonb_object_agg(f.rule, f.n), '{}') into findings
        from (
          select h.key as rule, sum(h.value::bigint) as n
          from transcript.conversations v
          join transcript.events e on e.conversation_id = v.conversation_id
          cross join lateral jsonb_each_text(transcript.hidden_by_rule(
            transcript.whole_payload(e), protection.policy, e.kind, e.tool_name)) h
          where v.tenant_id = tenant and e.recorded_at >= leaf.lower_bound and e.recorded_at < leaf.upper_bound
            and (include_held or not v.hold) and (every_row or e.policy_version <> protection.version)
          group by h.key
        ) f;
    end if;
    if looked > 0 then
      return next;
    end if;
  end loop;

  findings := '{}';
  relation := 'conversations';
  select count(*), count(*) filter (where x.differs and not x.held), count(*) filter (where x.differs and x.held)
    into looked, changed, held
    from (
      select not include_held and v.hold as held,
        transcript.row_differs(v.metadata, tenant, null, null, v.external_id, v.agent, v.title) as differs
      from transcript.conversations v where v.tenant_id = tenant
    ) x;
  if looked > 0 then
    return next;
  end if;
  relation := 'runs';
  select count(*), count(*) filter (where x.differs and not x.held), count(*) filter (where x.differs and x.held)
    into looked, changed, held
    from (
      select not include_held and v.hold as held,
        transcript.row_differs(r.usage, tenant, null, null,
          r.external_id, r.agent, r.model, r.provider, r.provider_source, r.provider_path,
          r.provider_request_id, r.trace_id, r.request_id, r.intent_id, r.task_id, r.status, r.error) as differs
      from transcript.conversations v join transcript.runs r on r.conversation_id = v.conversation_id
      where v.tenant_id = tenant
    ) x;
  if looked > 0 then
    return next;
  end if;
  relation := 'rejected';
  select count(*), count(*) filter (where x.differs and not x.held), count(*) filter (where x.differs and x.held)
    into looked, changed, held
    from (
      select not include_held and coalesce(v.hold, false) as held,
        transcript.row_differs(r.envelope, tenant, null, null, r.conversation, r.source, r.format, r.reason, r.raw)
          as differs
      from transcript.rejected r
      left join transcript.conversations v
        on v.conversation_id = transcript.conversation_id(r.tenant_id, r.conversation)
      where r.tenant_id = tenant
    ) x;
  if looked > 0 then
    return next;
  end if;
  perform set_config('transcript.tenant', callers_tenant, true),
    set_config('transcript.user_id', callers_user, true);
end
$$;
comment on function transcript.reredact_plan(text, boolean, boolean) is
  'What a sweep of a tenant would look at and change, by table and leaf, and what its rules would hide; changes nothing. TR012: no tenant is named.';

revoke all on function transcript.hidden_by_rule(jsonb, jsonb, text, text), transcript.reredact_plan(text, boolean, boolean)
  from public;
grant execute on function transcript.reredact_plan(text, boolean, boolean) to transcript_redactor;

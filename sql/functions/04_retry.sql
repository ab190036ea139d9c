-- Dead letters, once what was wrong with them is mended: a newer version that knows the format, a limit
-- that was raised, a conversation that was made.
set local role transcript_owner;

create or replace function transcript.retry_rejected(max_items integer default 1000)
  returns table (rejected_id uuid, status text, seq bigint, reason text)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  this_tenant constant text := transcript.required_tenant();
  user_before constant text := current_setting('transcript.user_id', true);
  letter transcript.rejected;
  verdict transcript.verdict;
begin
  if max_items is null or max_items < 1 then
    raise exception using errcode = 'TR020', message = 'max_items is not positive', hint = 'say at least 1';
  end if;
  for letter in
    select r.* from transcript.rejected r
    where r.tenant_id = this_tenant and r.item_index is not null and octet_length(r.raw) = r.raw_bytes
      -- Of what was too large or too deep only the head is there.
      and r.reason !~ '^TR00[23]'
    -- Those that were tried least go first: one call after another reaches all of them.
    order by r.attempts, r.recorded_at, r.rejected_id
    limit max_items
    for update skip locked
  loop
    rejected_id := letter.rejected_id;
    begin
      -- For whom it was sent: who may retry them all is not the owner of what they make.
      perform set_config('transcript.user_id', coalesce(letter.user_id, ''), true);
      verdict := transcript.retry_store_letter(letter);
      if verdict.status is null then
        verdict := (transcript.append_batch(
          coalesce(letter.envelope, '{}') || jsonb_build_object(
            -- An envelope with a type has payloads.
            case when letter.envelope ? 'type' then 'payloads' else 'items' end,
            jsonb_build_array(transcript.parse(letter.raw)), 'source', letter.source),
          letter.format, 'report'))[1];
      end if;
      status := verdict.status;
      seq := verdict.seq;
      reason := verdict.reason;
      if status in ('rejected', 'conflict') then
        -- Undoes the letter that this attempt would leave beside the one that is there.
        raise exception using errcode = 'TR041', message = reason;
      end if;
      delete from transcript.rejected r
        where r.tenant_id = this_tenant and r.rejected_id = letter.rejected_id;
    exception when sqlstate 'TR041' or sqlstate 'TR011' then
      status := case when reason ~ '^TR040' then 'conflict' else 'rejected' end;
      seq := null;
      reason := coalesce(reason, sqlstate || ': ' || sqlerrm);
      update transcript.rejected r set attempts = r.attempts + 1, last_attempt_at = clock_timestamp()
        where r.tenant_id = this_tenant and r.rejected_id = letter.rejected_id;
    end;
    perform set_config('transcript.user_id', coalesce(user_before, ''), true);
    return next;
  end loop;
end
$$;
comment on function transcript.retry_rejected(integer) is
  'Appends dead letters again, or the rows of session stores that they were made of: those of whole items of the tenant (and user), and removes what is stored now. TR012: tenant is not set. TR020: max_items is not positive.';

revoke all on function transcript.retry_rejected(integer) from public;
grant execute on function transcript.retry_rejected(integer) to transcript_writer;

-- What the demo shows after the import, each part as the role that would ask.

select set_config('transcript.tenant', :'tenant', false) \g /dev/null
set role transcript_reader;

\echo
\echo '── Events by kind'
\echo
select kind,
       count(*) as events,
       count(distinct conversation_id) as conversations,
       pg_size_pretty(sum(payload_bytes)) as payload,
       sum(redactions) as redactions
  from transcript.events
 group by kind
 order by events desc, kind;

\echo
\echo '── The timeline of one conversation, with its tool calls'
\echo
select seq, kind, role, tool_name as tool, tool_call_id as call,
       left(regexp_replace(payload::text, '\s+', ' ', 'g'), 72) as payload
  from transcript.timeline('late-parcel')
 order by seq;

\echo
\echo '── The same, as what was said'
\echo
select seq, role, left(content, 110) as content
  from transcript.messages('late-parcel')
 order by seq;

\echo
\echo '── One payload over the cap: what stays inline, and its blob'
\echo
select seq, kind, tool_call_id as call, payload_bytes as original_bytes,
       octet_length(payload::text) as inline_bytes,
       payload -> '$capped' as marker,
       right(payload ->> 'output', 40) as inline_end
  from transcript.timeline('nightly-log')
 where capped;
select b.payload_bytes, b.truncated, encode(b.digest, 'hex') as sha256,
       sha256(convert_to(b.payload::text, 'UTF8')) = b.digest as digest_holds
  from transcript.blobs b
  join transcript.conversations c using (conversation_id)
 where c.external_id = 'nightly-log';

set role transcript_auditor;

\echo
\echo '── What was redacted: rule and path, never the value'
\echo
select finding ->> 'rule' as rule, finding ->> 'path' as path, sum((finding ->> 'count')::int) as values
  from transcript.audit_log
 cross join jsonb_array_elements(detail) as finding
 where action = 'redact'
 group by rule, path
 order by values desc, rule, path
 limit 20;

set role transcript_purger;

\echo
\echo '── What a purge would remove today, and in 200 days'
\echo
select parent, leaf, rows, pg_size_pretty(bytes) as size, action, reason
  from transcript.purge_plan()
 where rows > 0 or action <> 'keep';
select parent, leaf, rows, pg_size_pretty(bytes) as size, action, reason
  from transcript.purge_plan(now() + interval '200 days')
 where rows > 0;

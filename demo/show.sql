-- What the demo shows after the import, as the reader of one tenant would see it.

set role transcript_reader;
select set_config('transcript.tenant', :'tenant', false) \g /dev/null

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
select seq, kind, role, tool_name as tool, tool_call_id as call, left(text, 60) as text
  from transcript.timeline('late-parcel')
 order by seq;

\echo
\echo '── The same, as a transcript'
\echo
select seq, role, left(text, 90) as text
  from transcript.messages('late-parcel')
 order by seq;

\echo
\echo '── One payload over the cap: what stays inline, and its blob'
\echo
select e.seq,
       e.tool_call_id as call,
       pg_size_pretty(e.payload_bytes) as original,
       pg_size_pretty(octet_length(e.payload::text)::bigint) as inline,
       pg_size_pretty(b.bytes) as blob,
       encode(e.digest, 'hex') as digest
  from transcript.events e
  join transcript.blobs b on b.conversation_id = e.conversation_id and b.digest = e.digest
 order by e.payload_bytes desc
 limit 3;

set role transcript_auditor;

\echo
\echo '── What was redacted: rule and path, never the value'
\echo
select rule, path, sum(occurrences) as times
  from transcript.audit_log
 group by rule, path
 order by times desc, rule, path
 limit 20;

set role transcript_purger;

\echo
\echo '── What a purge would remove now'
\echo
select * from transcript.purge_plan();

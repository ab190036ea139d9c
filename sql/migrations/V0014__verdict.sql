set local role transcript_owner;

-- What append says of one item. Carried as an array: to read rows of a function again costs more than a
-- small batch does.
create type transcript.verdict as (
  index integer,
  status text,
  seq bigint,
  reason text
);
comment on type transcript.verdict is 'what became of one item of a batch, as transcript.append returns it';

-- The functions that were before it. They are none of the schema's any more.
drop function if exists transcript.append_batch(jsonb, text, text, integer, bigint[], bigint[]);
drop function if exists transcript.store_items(text, text, transcript.item[], transcript.conversations[], integer[],
  timestamptz, text, bigint, integer, bigint[], bigint[]);

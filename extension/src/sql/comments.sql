COMMENT ON FUNCTION redact(jsonb, jsonb, text, text) IS
  'The payload without what the policy hides in an event of this kind and tool; returned as it came when there is nothing to hide. TR021: the policy is not valid. TR032: it needs a key.';
COMMENT ON FUNCTION redact_text(text, jsonb, text, text) IS
  'Plain text without what the policy hides. TR021: the policy is not valid. TR032: it needs a key.';
COMMENT ON FUNCTION findings(jsonb, jsonb, text, text) IS
  'What a policy finds in a payload: path, rule, action and count, never a value. TR021: the policy is not valid.';
COMMENT ON FUNCTION redacted(jsonb, text, text, text, integer, integer) IS
  'The payload as a tenant''s row has it, or had it under a policy version and key; for the owner. TR032: the policy needs a key.';
COMMENT ON FUNCTION pseudonyms(text, text, text) IS
  'What stands in a tenant''s rows for a value that a detector finds, one row per key; for the owner.';
COMMENT ON FUNCTION policy_check(jsonb) IS
  'What is wrong with a policy, by path in the document; no row when it is valid.';
COMMENT ON FUNCTION builtin_policy(text) IS
  'A redaction policy that comes with the extension: secrets, standard (default) or strict. TR022: no such policy.';
COMMENT ON FUNCTION cap(jsonb, integer) IS
  'The payload in at most max_bytes bytes of uncompressed jsonb; member $capped says size and SHA-256 of the whole and what was cut. Below 8 bytes it is {}, the smallest. TR020: max_bytes is not positive.';
COMMENT ON FUNCTION part_references(jsonb) IS
  'The references of a payload that has parts elsewhere: path, kind (attachment, input, shared), digest, and size in bytes or items.';
COMMENT ON FUNCTION assemble(jsonb, bytea[], bytea[], bytea[], jsonb[], bytea[], jsonb[]) IS
  'A payload with its parts back in place: attachments and their contents, shared values and their payloads, inputs and their items in order. What is not given stays a reference.';
COMMENT ON FUNCTION call_input(jsonb) IS
  'What the payload of a model call says that the model got: input, messages, contents or history; null when it does not say.';
COMMENT ON FUNCTION digest(jsonb) IS
  'SHA-256 of the payload as text: sha256(convert_to(payload::text, ''UTF8'')).';
COMMENT ON FUNCTION fingerprint(bigint, timestamptz, text, bytea) IS
  'The keyed fingerprint of an item before redaction, with its number and its time; those of a session are combined by bit_xor. TR068: the key does not have 16 bytes.';
COMMENT ON FUNCTION place(bigint, jsonb) IS
  'What events.fingerprint is bound to by XOR: the place of an event and what is stored there.';
COMMENT ON FUNCTION parse(text) IS
  'Any text as jsonb. Of JSON, what jsonb cannot hold becomes marks: ⟦u0000⟧ for \u0000, ⟦ud83d⟧ for a lone surrogate, ⟦n1e999999⟧ for a number. What is not JSON, is nested too deep or is too large as JSON becomes {"$unparsed": text}. unparse gives the text back. TR003: too large even as a string.';
COMMENT ON FUNCTION unparse(jsonb) IS
  'The text that parse read: byte for byte when it was not JSON; else the same JSON value, with \u0000, lone surrogates and numbers in their places. What jsonb itself does not keep is not there: blanks, the order of keys, all but the last of equal keys, how a number was spelled. TR007: the text is longer than 1 GB.';
COMMENT ON FUNCTION project(jsonb, text, text, integer, boolean) IS
  'The items of a batch as rows for events, one per item; reason says why an item is refused. Merging: all states of one thing have one event key. TR010: wrong envelope. TR011: unknown format.';
COMMENT ON FUNCTION batch_header(jsonb) IS
  'What a batch says of the conversation that its envelope names. TR010: wrong envelope.';
COMMENT ON FUNCTION formats() IS
  'The formats that append takes, and their aliases.';
COMMENT ON FUNCTION conversation_id(text, text) IS
  'The id of a conversation, computed from tenant and external id.';
COMMENT ON FUNCTION run_id(text, text, text) IS
  'The id of a run, computed from tenant, conversation and external id.';
COMMENT ON FUNCTION protect_event() IS
  'Row trigger of events: redacts, digests, takes parts out, caps, spills to blobs, audits.';
COMMENT ON FUNCTION protect_attachment() IS
  'Row trigger of attachments: digests them, and redacts those that are text.';
COMMENT ON FUNCTION protect_columns() IS
  'Row trigger: redacts the text and jsonb columns that its arguments name.';
COMMENT ON FUNCTION forget_protection() IS
  'Trigger of redaction_policies, redaction_keys and settings: the backend looks the policy up again.';
COMMENT ON FUNCTION mask(jsonb) IS
  'The payload with its structure and without its values: [string:29], [number], [boolean]; keys stay where they look like names. Only words of a closed list stay, as values of type, role, kind, status and the like.';
COMMENT ON FUNCTION mask_label(text) IS
  'A label as it is when it looks like a name that a developer chose, else [string:n].';
COMMENT ON FUNCTION mask_text(text) IS
  'The marker of a string, [string:n]: its type and how many characters it has.';
COMMENT ON FUNCTION system_identifier() IS
  'The identifier that the cluster got when it was made, as pg_control_system() has it.';

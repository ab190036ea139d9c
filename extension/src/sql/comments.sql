COMMENT ON FUNCTION redact(jsonb, jsonb) IS
  'The payload without what the policy hides; returned as it came when there is nothing to hide. TR021: the policy is not valid.';
COMMENT ON FUNCTION redact_text(text, jsonb) IS
  'Plain text without what the policy hides.';
COMMENT ON FUNCTION builtin_policy(text) IS
  'A redaction policy that comes with the extension: secrets, standard (default) or strict. TR022: no such policy.';
COMMENT ON FUNCTION cap(jsonb, integer) IS
  'The payload in at most max_bytes bytes of uncompressed jsonb; member $capped has size and SHA-256 of the whole. TR020: max_bytes is not positive.';
COMMENT ON FUNCTION digest(jsonb) IS
  'SHA-256 of the payload as text: sha256(convert_to(payload::text, ''UTF8'')).';
COMMENT ON FUNCTION parse(text) IS
  'JSON text as jsonb; \u0000 and lone surrogates, which ::jsonb refuses, become marks such as ⟦u0000⟧. TR001: not JSON. TR002: nested too deep.';
COMMENT ON FUNCTION project(jsonb, text, text, integer) IS
  'The items of a batch as rows for events, one per item; reason says why an item is refused. TR010: wrong envelope. TR011: unknown format.';
COMMENT ON FUNCTION batch_header(jsonb) IS
  'What a batch says of the conversation that its envelope names. TR010: wrong envelope.';
COMMENT ON FUNCTION formats() IS
  'The formats that append takes, and their aliases.';
COMMENT ON FUNCTION conversation_id(text, text) IS
  'The id of a conversation, computed from tenant and external id.';
COMMENT ON FUNCTION run_id(text, text, text) IS
  'The id of a run, computed from tenant, conversation and external id.';
COMMENT ON FUNCTION protect_event() IS
  'Row trigger of events: redacts, digests, caps, spills to blobs, audits.';
COMMENT ON FUNCTION protect_columns() IS
  'Row trigger: redacts the text and jsonb columns that its arguments name.';
COMMENT ON FUNCTION forget_protection() IS
  'Trigger of redaction_policies and settings: the backend looks the policy up again.';
COMMENT ON FUNCTION mask(jsonb) IS
  'The payload with its structure and without its values: [string:29], [number], [boolean]; keys stay where they look like names. Only words of a closed list stay, as values of type, role, kind, status and the like.';
COMMENT ON FUNCTION mask_label(text) IS
  'A label as it is when it looks like a name that a developer chose, else [string:n].';
COMMENT ON FUNCTION mask_text(text) IS
  'The marker of a string, [string:n]: its type and how many characters it has.';

COMMENT ON FUNCTION redact(jsonb, jsonb) IS
  'The payload without what the policy hides; returned as it came when there is nothing to hide. TR021: the policy is not valid.';
COMMENT ON FUNCTION redact_text(text, jsonb) IS
  'Plain text without what the policy hides.';
COMMENT ON FUNCTION builtin_policy(text) IS
  'A redaction policy that comes with the extension: secrets, standard (default) or strict. TR022: no such policy.';
COMMENT ON FUNCTION cap(jsonb, integer) IS
  'The payload in at most max_bytes bytes of uncompressed jsonb; member $capped has size and SHA-256 of the whole. TR020: max_bytes is not positive.';
COMMENT ON FUNCTION part_references(jsonb) IS
  'The references of a payload that has parts elsewhere: path, kind (attachment, input, shared), digest, and size in bytes or items.';
COMMENT ON FUNCTION assemble(jsonb, bytea[], bytea[], bytea[], jsonb[], bytea[], jsonb[]) IS
  'A payload with its parts back in place: attachments and their contents, shared values and their payloads, inputs and their items in order. What is not given stays a reference.';
COMMENT ON FUNCTION call_input(jsonb) IS
  'What the payload of a model call says that the model got: input, messages, contents or history; null when it does not say.';
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
  'Row trigger of events: redacts, digests, takes parts out, caps, spills to blobs, audits.';
COMMENT ON FUNCTION protect_attachment() IS
  'Row trigger of attachments: digests them, and redacts those that are text.';
COMMENT ON FUNCTION protect_columns() IS
  'Row trigger: redacts the text and jsonb columns that its arguments name.';
COMMENT ON FUNCTION forget_protection() IS
  'Trigger of redaction_policies and settings: the backend looks the policy up again.';

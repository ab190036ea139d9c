-- What one writes without an extension: a chain of regular expressions over the payload's text, one for
-- each family that the policy `standard` finds. It misses what only code can decide (check digits, JSON
-- in strings, the words of a key's name), and its result is text that need not be JSON any more.
create function redact_by_regexp(payload text) returns text
language sql immutable strict parallel safe
return
  regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
  regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
  regexp_replace(regexp_replace(payload,
    -- tokens of vendors
    '\m(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}|AIza[\w-]{33,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}|gl(?:pat|rt|ptt|dt|cbt)-[\w.-]{20,}|xox[abeprs]-[\w-]{20,}|xapp-[\w-]{30,}|sk-(?:ant|proj|svcacct|admin|or|lf)-[\w-]{30,}|sk-[A-Za-z0-9]{32,}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{24,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}|pypi-AgE[\w-]{50,}|dop_v1_[0-9a-f]{40,}|hvs\.[\w-]{24,}|dapi[0-9a-f]{32}|SG\.[\w-]{16,}\.[\w-]{32,}|glsa_\w{40,}|gsk_[A-Za-z0-9]{40,}|xai-[\w-]{50,}|lin_api_[A-Za-z0-9]{30,}|ntn_[A-Za-z0-9]{40,}|sbp_[0-9a-f]{40})',
    '[token]', 'g'),
    -- JSON web tokens
    '\meyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}', '[jwt]', 'g'),
    -- private keys
    '-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----', '[private-key]', 'g'),
    -- Authorization
    '\m(bearer|basic)\s+[\w.~+/-]{16,}=*', '\1 [authorization]', 'gi'),
    -- cookies
    '\m((?:set-)?cookie:\s*)[^"\\\r\n]+', '\1[cookie]', 'gi'),
    -- passwords in URLs
    '(\w+://[^\s/:@"]*):[^\s/@"]+@', '\1:[password]@', 'g'),
    -- secrets in query strings
    '([?&](?:token|access_token|api_?key|key|sig|signature|secret|password|code)=)[^\s&"\\]+', '\1[secret]', 'gi'),
    -- names and values
    '((?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)(?:\\?")?\s*[:=]\s*(?:\\?")?)[^\s"\\,;]{6,}', '\1[secret]', 'gi'),
    -- password hashes
    '\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$[^\s"\\]+', '[password-hash]', 'g'),
    -- e-mail addresses
    '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}', '[email]', 'g'),
    -- cards
    '\m(?:\d[ -]?){12,18}\d\M', '[card]', 'g'),
    -- IBANs
    '\m[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\M', '[iban]', 'g'),
    -- US social security numbers
    '\m\d{3}-\d{2}-\d{4}\M', '[ssn]', 'g'),
    -- phone numbers
    '\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}\M|\(\d{3}\) ?\d{3}-\d{4}\M|\m\d{3}[.-]\d{3}[.-]\d{4}\M', '[phone]', 'g');

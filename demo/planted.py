"""The fake secrets of the demo, and what looks like a secret and is none.

Every value is made up. Those with a telling prefix are put together here from two halves, so that no
secret scanner takes this file for a leak; in the recording they are whole.
"""

import base64
import json
import random


def _letters(seed: int, length: int, alphabet: str) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=length))


_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _jwt(claims: dict) -> str:
    head = _b64(json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
    body = _b64(json.dumps(claims, separators=(",", ":")).encode())
    return f"{head}.{body}.{_letters(3, 43, _ALNUM)}"


def _pem() -> str:
    body = base64.b64encode(random.Random(4).randbytes(576)).decode()
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    kind = "RSA PRIVATE " + "KEY-----"
    return "\n".join(["-----BEGIN " + kind, *lines, "-----END " + kind])


AWS_ID = "AKIA" + _letters(1, 16, _UPPER)
AWS_SECRET = _letters(2, 40, _ALNUM + "/+")
GITHUB_TOKEN = "ghp" + "_" + _letters(5, 36, _ALNUM)
SLACK_TOKEN = "xoxb" + "-2204817733-3310926651-" + _letters(6, 24, _ALNUM)
STRIPE_KEY = "sk" + "_live_" + _letters(7, 24, _ALNUM)
OPENAI_KEY = "sk" + "-proj-" + _letters(8, 48, _ALNUM)
JWT = _jwt({"iss": "https://id.fernhill.example", "sub": "depot-7", "exp": 1893456000})
BEARER = _letters(9, 40, _ALNUM)
PRIVATE_KEY = _pem()
URL_PASSWORD = "harrow" + "-Gx41-lantern"
DATABASE_URL = f"postgres://labels:{URL_PASSWORD}@db.fernhill.example:5432/labels"
SERVICE_PASSWORD = "correct" + "-anvil-37-orchard"
WEBHOOK_SECRET = _letters(10, 32, "0123456789abcdef")
COOKIE = _letters(11, 32, "0123456789abcdef")
CARD = "4111 1111 1111 1111"
CARD_PLAIN = "5555555555554444"
EMAIL = "imogen.achterberg@example.com"
EMAIL_IN_LOG = "night.shift+depot7@fernhill.example"
PHONE = "+44 20 7946 0958"

# kind → value: nothing of this may be found in the store. A key block counts by its first body line.
PLANTED = {
    "aws_access_key_id": AWS_ID,
    "aws_secret_access_key": AWS_SECRET,
    "github_token": GITHUB_TOKEN,
    "slack_token": SLACK_TOKEN,
    "stripe_key": STRIPE_KEY,
    "openai_key": OPENAI_KEY,
    "jwt": JWT,
    "bearer_token": BEARER,
    "private_key": PRIVATE_KEY.splitlines()[1],
    "url_password": URL_PASSWORD,
    "password_by_key_name": SERVICE_PASSWORD,
    "secret_by_key_name": WEBHOOK_SECRET,
    "cookie": COOKIE,
    "card": CARD,
    "card_unspaced": CARD_PLAIN,
    "email": EMAIL,
    "email_in_log": EMAIL_IN_LOG,
    "phone": PHONE,
}

# Must come through as it went in: an order number of sixteen digits that fails Luhn, a commit, a
# trace id, token counters, and words that only sound secret.
ORDER_NUMBER = "4111 1111 1111 1112"
COMMIT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
KEPT = {
    "order_number": ORDER_NUMBER,
    "commit": COMMIT,
    "trace_id": TRACE_ID,
    "sentence": "the secret of a good label is dry paper",
}

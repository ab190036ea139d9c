"""Does with clients/buffered.py what the test says, line by line, and answers each with a line of JSON."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../clients"))
import buffered

outcomes = {}


def heard(key, outcome, reason):
    outcomes.setdefault(key, []).append(outcome)


def nested(levels):
    value = 0
    for _ in range(levels):
        value = [value]
    return value


buffer = buffered.Buffer(os.environ["DATABASE_URL"], "acme", statement_timeout=1.0, longest_pause=0.5,
                         on_outcome=heard)
for line in sys.stdin:
    command, *words = line.split()
    if command == "put":
        # Some items are too deep for any batch, some are not what append takes.
        prefix, count, high = words[0], int(words[1]), words[2] == "high"
        answer = 0
        for n in range(count):
            item = {"key": f"{prefix}-{n}", "kind": "note", "payload": f"{prefix}-{n}"}
            if prefix == "poison" and n % 60 == 7:
                item["payload"] = nested(400)
            if prefix == "poison" and n % 60 == 8:
                item["kind"] = 7
            answer += buffer.put(f"c{n % 5}", item, high=high)
    elif command == "flush":
        answer = buffer.flush(float(words[0]))
    elif command == "outcomes":
        answer = outcomes
    elif command == "counts":
        answer = dict(buffer.counts)
    elif command == "can_retry":
        answer = {code: buffered.can_retry(code) for code in words}
    elif command == "codes":
        import psycopg.errors
        answer = sorted(psycopg.errors._sqlcodes)
    elif command == "close":
        answer = buffer.close(float(words[0]))
    print(json.dumps(answer), flush=True)

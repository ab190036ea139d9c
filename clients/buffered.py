"""Appends to pg_transcript from a queue, so that an agent never waits for its database.

Copy this file and change it as you like; it needs psycopg 3 and nothing else. What each outcome means,
and why the figures are what they are, is in runbook/clients.md.

    buffer = Buffer("dbname=agents", tenant="acme")
    buffer.put("ticket-7", {"kind": "message", "role": "user", "payload": {"content": "Hello"}})
    buffer.flush()      # "flushed", "queued" or "dropped"
    buffer.close()
"""

import collections
import json
import logging
import threading
import uuid

import psycopg

# SQLSTATEs after which the same batch may succeed: transcript.can_retry() in Python.
RETRY_CLASSES = {"08", "28", "40", "53", "55", "57", "58"}
RETRY_CODES = {"25006", "25P03", "25P04", "26000", "3D000", "3F000", "42501", "42883", "42P01", "42P05",
               "TR005", "TR030", "TR031", "TR032"}
NO_RETRY_CODES = {"40002", "57P04"}


def can_retry(sqlstate):
    """Whether the same batch can succeed later; None: no answer came, so it may even be stored."""
    if not sqlstate:
        return True
    if sqlstate in NO_RETRY_CODES:
        return False
    return sqlstate[:2] in RETRY_CLASSES or sqlstate in RETRY_CODES


class Item:
    __slots__ = ("key", "text", "high")

    def __init__(self, key, text, high):
        self.key, self.text, self.high = key, text, high


class Buffer:
    """A bounded queue and one thread that sends from it.

    on_outcome is called from that thread, with the key of an item, its outcome and a reason or None, once
    for every item that was put: a verdict of append after its commit, "refused" with an SQLSTATE, or
    "dropped" for want of room.
    """

    def __init__(self, conninfo, tenant, *, format="native", on_conflict="report", queue=2000, batch=100,
                 flush_delay=0.05, first_pause=0.25, longest_pause=8.0, statement_timeout=5.0,
                 on_outcome=lambda key, outcome, reason: None):
        self._conninfo, self._tenant = conninfo, tenant
        self._format, self._on_conflict = format, on_conflict
        self._room, self._batch = queue, batch
        self._flush_delay, self._first_pause, self._longest_pause = flush_delay, first_pause, longest_pause
        self._timeout = f"{int(statement_timeout * 1000)}ms"
        self._on_outcome = on_outcome
        self.counts = collections.Counter()
        self._queue = collections.deque()
        self._sending = []
        self._put = self._done = self._lost = 0
        self._hurry = self._closed = False
        self._changed = threading.Condition()
        self._db = None
        self._thread = threading.Thread(target=self._run, name="pg_transcript", daemon=True)
        self._thread.start()

    def put(self, conversation, item, *, high=False):
        """Queues an item of a conversation. False: there was no room, and it is dropped.

        Raises TypeError or ValueError when the item is no JSON. An item without a key of its own is given
        one here, before it is first sent: that makes every retry a duplicate and never a second event.
        """
        item = {"key": str(uuid.uuid4()), **item, "conversation": conversation}
        queued = Item(item["key"], json.dumps(item), high)
        evicted = None
        with self._changed:
            if self._closed:
                raise RuntimeError("the buffer is closed")
            self._put += 1
            if len(self._queue) + len(self._sending) >= self._room:
                normal = next((i for i in self._queue if not i.high), None) if high else None
                evicted = normal or queued
                if normal:
                    self._queue.remove(normal)
            if evicted is not queued:
                self._queue.append(queued)
            self._changed.notify_all()
        if evicted:
            self._settle([(evicted, "dropped", None)])
        return evicted is not queued

    def flush(self, timeout=0.25):
        """Waits for what was put so far: "flushed", all of it is answered for; "queued", not yet;
        "dropped", all is answered for, and some of it was dropped or refused since the last flush."""
        with self._changed:
            wanted, self._hurry = self._put, True
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._done >= wanted, timeout):
                return "queued"
            lost, self._lost = self._lost, 0
            return "dropped" if lost else "flushed"

    def close(self, timeout=5.0):
        """Takes no more, and tries for so long to send what is queued; returns what flush returns."""
        result = self.flush(timeout)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout)
        return result

    def _settle(self, outcomes):
        with self._changed:
            for item, outcome, _ in outcomes:
                self.counts[outcome] += 1
                self._done += 1
                self._lost += outcome in ("dropped", "refused")
        for item, outcome, reason in outcomes:
            try:
                self._on_outcome(item.key, outcome, reason)
            except Exception:
                # What the caller does with it must not stop the sending.
                logging.exception("on_outcome")
        with self._changed:
            self._changed.notify_all()

    def _run(self):
        while self._take():
            self._deliver(self._sending)
            with self._changed:
                self._sending = []
        if self._db:
            self._db.close()

    def _take(self):
        """Waits for a batch; False when the buffer is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            full = lambda: len(self._queue) >= self._batch or self._hurry or self._closed
            self._changed.wait_for(full, self._flush_delay)
            if self._closed:
                return False
            self._hurry = len(self._queue) > self._batch and self._hurry
            count = min(len(self._queue), self._batch)
            self._sending = [self._queue.popleft() for _ in range(count)]
            return True

    def _deliver(self, items):
        """Sends a batch until it is answered for, or the buffer is closed."""
        pause = self._first_pause
        while True:
            try:
                return self._settle(self._append(items))
            except psycopg.Error as error:
                refusal = error.sqlstate
                if not can_retry(refusal):
                    break
            with self._changed:
                if self._changed.wait_for(lambda: self._closed, pause):
                    return
            pause = min(2 * pause, self._longest_pause)
        if len(items) == 1:
            return self._settle([(items[0], "refused", refusal)])
        # One of them is at fault, and it must not cost the others.
        for item in items:
            self._deliver([item])

    def _append(self, items):
        """One transaction; what it returns is durable, because it has committed."""
        if self._db is None or self._db.closed:
            # No prepared statements: they would not survive a transaction pooler.
            self._db = psycopg.connect(
                self._conninfo, connect_timeout=5, tcp_user_timeout=10_000, prepare_threshold=None)
        with self._db.transaction():
            self._db.execute(
                "select set_config('transcript.tenant', %s, true), set_config('statement_timeout', %s, true)",
                [self._tenant, self._timeout])
            # As text through parse: jsonb alone would refuse NUL and lone surrogates.
            verdicts = self._db.execute(
                "select index, status, reason from transcript.append(transcript.parse(%s), %s, %s)",
                ["[" + ",".join(item.text for item in items) + "]", self._format, self._on_conflict]).fetchall()
        return [(items[index], status, reason) for index, status, reason in verdicts]

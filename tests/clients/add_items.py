"""Measures SQLAlchemySession.add_items with and without its table attached, and appending the same items.

DATABASE_URL names a migrated database. The sides take turns, call by call; for each number of items the
round with the best ratio is printed: items, milliseconds of add_items on a table that is not attached and on
one that is; then milliseconds of add_items and of append, of the best round of these two.
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable

import asyncpg
from agents.extensions.memory import SQLAlchemySession
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

ROUNDS, CALLS = 7, 40
TEXT = "The parcel left the depot on Monday and has not been seen since; please ask the driver. " * 4


def turn(items: int) -> list[dict]:
    """A question, calls with their results, an answer: as many items as asked for."""
    calls = []
    for n in range(max(items - 2, 0) // 2):
        arguments = json.dumps({"parcel": f"FH-{n}", "note": TEXT[:200]})
        calls += [
            {"type": "function_call", "call_id": f"call_{n}", "name": "look_up", "arguments": arguments},
            {"type": "function_call_output", "call_id": f"call_{n}", "output": TEXT},
        ]
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": TEXT}]}
    return ([{"role": "user", "content": TEXT}, *calls, said] if items > 1 else [said])[:items]


async def timed(call: Callable[[], Awaitable]) -> float:
    begin = time.perf_counter()
    await call()
    return (time.perf_counter() - begin) * 1e3


async def main() -> None:
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, pool_size=1)
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    sessions = {}
    for side in ("plain", "attached"):
        tables = {"sessions_table": f"{side}_sessions", "messages_table": f"{side}_messages"}
        sessions[side] = SQLAlchemySession("bench", engine=engine, create_tables=True, **tables)
        await sessions[side].add_items(turn(1))
    await connection.execute("select transcript.attach('attached_messages', 'bench')")
    await connection.execute("set transcript.tenant = 'bench'")
    appended = 0

    async def append(items: list[dict]) -> None:
        nonlocal appended
        batch = {"conversation": "appended", "sequence": appended, "items": items}
        appended += len(items)
        sql = "select count(*) from transcript.append($1::jsonb, 'openai-agents') where status = 'stored'"
        stored = await connection.fetchval(sql, json.dumps(batch))
        assert stored == len(items), f"{stored} of {len(items)} items were stored"

    for items in (1, 4, 20, 100):
        given = turn(items)
        rounds = []
        for number in range(ROUNDS + 1):
            times = {"plain": [], "attached": [], "append": []}
            for _ in range(CALLS):
                for side, session in sessions.items():
                    times[side].append(await timed(lambda session=session: session.add_items(given)))
                times["append"].append(await timed(lambda: append(given)))
            # The first only warms up.
            if number > 0:
                rounds.append({side: statistics.median(of) for side, of in times.items()})
        overhead = min(rounds, key=lambda of: of["attached"] / of["plain"])
        speed = min(rounds, key=lambda of: of["append"] / of["plain"])
        print(items, overhead["plain"], overhead["attached"], speed["plain"], speed["append"], flush=True)
    lag = await connection.fetchval("select lag from transcript.session_stores")
    assert lag == 1, f"{lag} rows were not projected; only the one from before should be"
    await connection.close()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())

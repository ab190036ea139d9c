"""Records the demo's conversations: the real OpenAI Agents SDK, its own scripted model, a real server.

    record.py URL OUTPUT-DIRECTORY

Sessions go through the SDK's SQLAlchemySession into a scratch database on the server at URL, and are
read back from its tables. Only timestamps differ from one recording to the next.
"""

import asyncio
import contextlib
import gzip
import json
import sys
from importlib.metadata import version
from pathlib import Path

import zstandard
from agents import Agent, MCPToolApprovalFunctionResult, Runner, set_tracing_disabled
from agents.extensions.memory import SQLAlchemySession
from agents.models.chatcmpl_converter import Converter
from agents.testing import ModelStep, ScriptedModel
from agents.usage import Usage
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import planted
from agents_at_work import crew
from conversations import AS_CHAT, STORED, STREAMED, Script, Turn

SCRATCH = "pg_transcript_demo_record"
SDK = f"openai-agents {version('openai-agents')}"


def step(name: str, n: int, answer: list | Exception) -> ModelStep:
    if isinstance(answer, Exception):
        return ModelStep.raise_error(answer)
    usage = Usage(requests=1, input_tokens=400 + 90 * n, output_tokens=60, total_tokens=460 + 90 * n)
    return ModelStep(output=answer, usage=usage, response_id=f"resp_{name}_{n}")


def cast(name: str, turns: list[Turn]) -> tuple[Agent, ScriptedModel]:
    """The agents of one conversation, with everything the model will answer."""
    answers = [answer for turn in turns for answer in turn.model]
    model = ScriptedModel(step(name, n, answer) for n, answer in enumerate(answers, start=1))
    approved = set().union(*(turn.approved for turn in turns))

    def on_mcp_approval(request) -> MCPToolApprovalFunctionResult:
        return {"approve": request.data.id in approved}

    return crew(model, on_mcp_approval), model


async def play(name: str, turns: list[Turn], session: SQLAlchemySession) -> None:
    """Runs a conversation to its end, answering what waits for a person."""
    agent, model = cast(name, turns)
    for turn in turns:
        # A model that fails leaves the rows of the steps before: that is a case of its own.
        with contextlib.suppress(RuntimeError):
            result = await Runner.run(agent, turn.user, session=session)
            while result.interruptions:
                state = result.to_state()
                for request in result.interruptions:
                    if request.raw_item.call_id in turn.approved:
                        state.approve(request)
                    else:
                        state.reject(request)
                result = await Runner.run(agent, state, session=session)
            agent = result.last_agent
    model.assert_complete()


async def play_streamed(name: str, turns: list[Turn]) -> list[dict]:
    """Runs a conversation as a stream, and returns its events as an application would log them."""
    agent, model = cast(name, turns)
    events, history = [], []
    for number, turn in enumerate(turns, start=1):
        result = Runner.run_streamed(agent, [*history, {"role": "user", "content": turn.user}])
        async for event in result.stream_events():
            events.append({"turn": number, "type": event.type, **event_body(event)})
        agent, history = result.last_agent, result.to_input_list()
    model.assert_complete()
    return events


def event_body(event) -> dict:
    match event.type:
        case "agent_updated_stream_event":
            return {"new_agent": event.new_agent.name}
        case "raw_response_event":
            return {"data": event.data.model_dump(mode="json", exclude_unset=True)}
        case "run_item_stream_event":
            raw = event.item.raw_item
            item = {
                "type": event.item.type,
                "agent": event.item.agent.name,
                "raw_item": raw if isinstance(raw, dict) else raw.model_dump(mode="json", exclude_unset=True),
            }
            if event.item.type == "tool_call_output_item":
                item["output"] = event.item.output
            return {"name": event.name, "item": item}
        case other:
            raise ValueError(f"a stream event this script does not know: {other}")


async def rows(engine: AsyncEngine, query: str, session_id: str) -> list[dict]:
    """Rows as they are in the table, timestamps as PostgreSQL writes them."""
    async with engine.connect() as connection:
        found = await connection.execute(text(query), {"session_id": session_id})
        return [dict(row) for row in found.mappings()]


async def dump_session(engine: AsyncEngine, session_id: str) -> tuple[dict, list[dict]]:
    parents = await rows(
        engine,
        "SELECT session_id, created_at::text, updated_at::text FROM agent_sessions"
        " WHERE session_id = :session_id",
        session_id,
    )
    messages = await rows(
        engine,
        "SELECT id, session_id, message_data, created_at::text FROM agent_messages"
        " WHERE session_id = :session_id ORDER BY created_at, id",
        session_id,
    )
    return parents[0], messages


def conversation(
    source: str, format: str, conversation_id: str, items: list, meta: dict | None = None
) -> dict:
    line = {"source": f"{SDK} {source}", "format": format, "conversation_id": conversation_id}
    return line | ({"meta": meta} if meta else {}) | {"items": items}


async def record(engine: AsyncEngine) -> list[dict]:
    lines, histories = [], {}
    for name, script in STORED.items():
        session = SQLAlchemySession(name, engine=engine, create_tables=True)
        await play(name, script(Script(name)), session)
        histories[name] = await session.get_items()
        parent, messages = await dump_session(engine, name)
        lines.append(
            conversation(
                "SQLAlchemySession on PostgreSQL 15 (scripted model)",
                "openai-agents-sqlalchemy-rows",
                name,
                messages,
                {"agent_sessions": parent},
            )
        )
    for name, script in STREAMED.items():
        events = await play_streamed(name, script(Script(name)))
        lines.append(
            conversation(
                "Runner.run_streamed (scripted model)",
                "openai-agents-stream-events",
                f"streamed:{name}",
                events,
            )
        )
    for name in AS_CHAT:
        system = {"role": "system", "content": "You are the front desk of Fernhill Parcels."}
        lines.append(
            conversation(
                "chat completions converter (scripted model)",
                "openai-chat-messages",
                f"chat:{name}",
                Converter.items_to_messages([system, *histories[name]]),
            )
        )
    return lines


@contextlib.asynccontextmanager
async def scratch_database(url: str):
    """An engine on a new database, gone afterwards: row ids start at 1 each time."""
    server = make_url(url).set(drivername="postgresql+asyncpg")
    admin = create_async_engine(server, isolation_level="AUTOCOMMIT")
    drop = text(f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")
    try:
        async with admin.connect() as connection:
            await connection.execute(drop)
            await connection.execute(text(f"CREATE DATABASE {SCRATCH}"))
        engine = create_async_engine(server.set(database=SCRATCH))
        try:
            yield engine
        finally:
            await engine.dispose()
            async with admin.connect() as connection:
                await connection.execute(drop)
    finally:
        await admin.dispose()


def check_planted(lines: str) -> None:
    """A secret that nobody says would make the demo's proof an empty one."""
    for kind, value in (planted.PLANTED | planted.KEPT).items():
        if value not in lines:
            raise SystemExit(f"planted value {kind} occurs in no conversation")


async def main(url: str, out: Path) -> None:
    set_tracing_disabled(True)
    async with scratch_database(url) as engine:
        lines = await record(engine)

    # Escaped to ASCII: a lone surrogate cannot be written as UTF-8.
    jsonl = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    check_planted(jsonl)
    (out / "transcripts.jsonl.zst").write_bytes(zstandard.compress(jsonl.encode(), 19))
    values = "".join(f"{kind}\t{value}\n" for kind, value in planted.PLANTED.items())
    (out / "planted.tsv.gz").write_bytes(gzip.compress(values.encode(), mtime=0))

    items = sum(len(line["items"]) for line in lines)
    print(f"{len(lines)} conversations, {items} items, {len(jsonl):,} bytes")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))

"""Runs one scene of a conversation with the real OpenAI Agents SDK, its own scripted model, and its
SQLAlchemySession on a real server: one process per scene, so that every scene begins with a restart.

    agents_sdk.py SCENE SESSION        the scenes are below
    agents_sdk.py demo NAME...         conversations of the demo, each a session of its name

DATABASE_URL names the database; all is done as role test_stranger. On stdin: the state that an interrupted
run left, or nothing. On stdout, a line of JSON each: what each session holds now; the state of an
interrupted run.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[2] / "demo"))

from agents import Agent, Runner, RunState, function_tool, set_tracing_disabled
from agents.extensions.memory import SQLAlchemySession
from agents.mcp import MCPServerStdio
from agents.memory import OpenAIResponsesCompactionSession
from agents.testing import ModelStep, ScriptedModel
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from conversations import STORED, Script
from record import play


@function_tool
def look_up(parcel: str) -> str:
    """Where a parcel is."""
    return f"{parcel} is in Ghent"


@function_tool(needs_approval=True)
def pay_back(order: str) -> str:
    """Pay money back. A person has to agree."""
    return f"paid back {order}"


def desk(model: ScriptedModel, **more) -> Agent:
    money = Agent(name="Money", model=model, tools=[pay_back])
    return Agent(name="Desk", model=model, tools=[look_up, pay_back], handoffs=[money], **more)


def scripted(*answers: list) -> ScriptedModel:
    return ScriptedModel(ModelStep(output=answer, response_id=f"resp_{n}") for n, answer in enumerate(answers))


class Scene:
    """A session, and items with ids that no other scene of it has."""

    def __init__(self, session: SQLAlchemySession, state: str) -> None:
        self.session, self.state = session, state
        self.left = None
        self.script = Script(f"{session.session_id}-{os.getpid()}-{os.urandom(3).hex()}")

    async def run(self, text: str, *answers: list) -> None:
        model = scripted(*answers)
        await Runner.run(desk(model), text, session=self.session)
        model.assert_complete()

    async def tools(self) -> None:
        """Three turns: calls one after another, calls at once, a handoff."""
        s = self.script
        await self.run(
            "Where is FH-1?",
            [s.think("Look first."), s.call("look_up", {"parcel": "FH-1"})],
            [s.call("look_up", {"parcel": "FH-2"})],
            [s.say("Both are in Ghent.")],
        )
        await self.run(
            "And these three?",
            [s.say("One moment."), *(s.call("look_up", {"parcel": f"FH-{n}"}) for n in range(3, 6))],
            [s.say("All in Ghent.")],
        )
        await self.run("Who does money?", [s.call("transfer_to_money", {})], [s.say("I do.")])

    async def streamed(self) -> None:
        s = self.script
        model = scripted([s.call("look_up", {"parcel": "FH-9"})], [s.say("Ghent.")])
        result = Runner.run_streamed(desk(model), "Where is FH-9?", session=self.session)
        async for _ in result.stream_events():
            pass

    async def mcp(self) -> None:
        """Tools of an MCP server beside our own, one of which fails."""
        s = self.script
        params = {"command": sys.executable, "args": [str(Path(__file__).with_name("warehouse.py"))]}
        async with MCPServerStdio(params, client_session_timeout_seconds=30) as warehouse:
            model = scripted(
                [
                    s.call("shelf", {"parcel": "FH-7"}),
                    s.call("weigh", {"parcel": "FH-0"}),
                    s.call("look_up", {"parcel": "FH-7"}),
                ],
                [s.say("Shelf 4; the scales do not know it.")],
            )
            await Runner.run(desk(model, mcp_servers=[warehouse]), "Which shelf?", session=self.session)
            model.assert_complete()

    async def asked(self) -> None:
        """A run that waits for a person: two calls at once, one of them needs a yes."""
        s = self.script
        model = scripted([s.call("look_up", {"parcel": "FH-1"}), s.call("pay_back", {"order": "A-1"})])
        result = await Runner.run(desk(model), "Pay back A-1.", session=self.session)
        assert result.interruptions, "nothing waits for a person"
        self.left = result.to_state().to_string()

    async def answered(self, approve: bool = True) -> None:
        """The same run, in another process."""
        model = scripted([self.script.say("Done.")])
        agent = desk(model)
        state = await RunState.from_string(agent, self.state)
        for request in state.get_interruptions():
            (state.approve if approve else state.reject)(request)
        await Runner.run(agent, state, session=self.session)
        model.assert_complete()

    async def refused(self) -> None:
        await self.answered(approve=False)

    async def popped(self) -> None:
        """The last turn is taken back, item by item, and said again."""
        s = self.script
        await self.run("Where is FH-1?", [s.call("look_up", {"parcel": "FH-1"})], [s.say("Gent.")])
        for _ in range(2):
            assert await self.session.pop_item() is not None
        await self.run("In English, please.", [s.say("Ghent.")])

    async def cleared(self) -> None:
        await self.session.clear_session()
        assert await self.session.get_items() == []

    async def compacted(self) -> None:
        """History is replaced by a summary: by the SDK itself, as a run ends."""
        s = self.script

        async def compact(**_):
            return SimpleNamespace(
                usage=None,
                output=[{"id": f"cmp_{s.name}", "type": "compaction", "encrypted_content": "c3VtbWFyeQ=="}],
            )

        client = SimpleNamespace(responses=SimpleNamespace(compact=compact))
        wrapped = OpenAIResponsesCompactionSession(
            self.session.session_id,
            self.session,
            client=client,
            compaction_mode="input",
            should_trigger_compaction=lambda _: True,
        )
        model = scripted([s.call("look_up", {"parcel": "FH-1"})], [s.say("Ghent.")])
        await Runner.run(desk(model), "Where is FH-1?", session=wrapped)
        kinds = [item.get("type") for item in await self.session.get_items()]
        assert kinds.count("compaction") == 1 and "function_call" not in kinds, kinds

    async def busy(self) -> None:
        """Twenty turns; others may be at it as well."""
        for n in range(20):
            await self.run(f"Turn {n}?", [self.script.say(f"Answer {n}.")])


async def main(scene: str, *sessions: str) -> None:
    set_tracing_disabled(True)
    state = sys.stdin.read()
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, connect_args={"server_settings": {"role": "test_stranger"}})
    for name in sessions:
        session = SQLAlchemySession(name, engine=engine, create_tables=True)
        at = Scene(session, state)
        if scene == "demo":
            await play(name, STORED[name](Script(name)), session)
        else:
            await getattr(at, scene)()
        print(json.dumps(await session.get_items()))
    print(json.dumps(at.left))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

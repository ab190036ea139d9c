"""Keeps a conversation with LangGraph and its Postgres checkpointer, and says how much is stored.

Each line on stdin is a turn: what is said to the model, and what the model answers. The graph is
the least one that chats: one node, whose answer is the recorded one. DATABASE_URL names an empty
database, TURNS the turns after which the bytes stored so far are printed.
"""

import json
import os
import sys
from collections.abc import Iterator

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")


def chat(saver: PostgresSaver, answers: Iterator[AIMessage]) -> CompiledStateGraph:
    def model(_: MessagesState) -> dict:
        return {"messages": [next(answers)]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", model)
    graph.add_edge(START, "model")
    return graph.compile(checkpointer=saver)


def stored(saver: PostgresSaver) -> int:
    """Bytes of the checkpointer's tables, with what is out of line and the indexes."""
    query = "SELECT sum(pg_total_relation_size(t::regclass)) AS bytes FROM unnest(%s::text[]) t"
    with saver.conn.cursor() as cursor:
        cursor.execute(query, [list(TABLES)])
        return int(cursor.fetchone()["bytes"])


def main() -> None:
    marks = {int(turn) for turn in os.environ["TURNS"].split(",")}
    turns = [json.loads(line) for line in sys.stdin.buffer]
    answers = (AIMessage(content=turn["output"]["content"]) for turn in turns)
    config = {"configurable": {"thread_id": "bench"}}
    with PostgresSaver.from_conn_string(os.environ["DATABASE_URL"]) as saver:
        saver.setup()
        graph = chat(saver, answers)
        before = stored(saver)
        for number, turn in enumerate(turns, start=1):
            said = [HumanMessage(content=message["content"]) for message in turn["input"]]
            graph.invoke({"messages": said}, config)
            if number in marks:
                print(stored(saver) - before, flush=True)


if __name__ == "__main__":
    main()

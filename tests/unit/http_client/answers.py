"""What a scripted node says about its one task, `TASK`."""

import base64
import json
from typing import Any

import trio

from chorus_hooks.task import Result, Task, TaskDocument
from chorus_hooks.task_json import task_json
from tests.unit.http_client.scripted import Exchange, Script

TASK = "a" * 32
DOCUMENT = TaskDocument(commands=("make",), title="build")


def task(state: Any = "waiting", **fields: Any) -> Task:
    return Task(id=TASK, document=DOCUMENT, state=state, **fields)


def sse(type: str, document: object, id: str = "") -> bytes:
    lines = [f"event: {type}", *([f"id: {id}"] if id else []), f"data: {json.dumps(document)}"]
    return "\n".join(lines).encode() + b"\n\n"


def output(text: bytes, offset: int, attempt: int = 1, stream: str = "stdout") -> bytes:
    fields = {"stream": stream, "data": base64.b64encode(text).decode(), "offset": offset, "attempt": attempt}
    return sse("output", fields, f"{attempt}:{offset}")


def streams(*pieces: bytes, cut: bool = False) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.head(200, content_type="text/event-stream", transfer_encoding="chunked")
        for piece in pieces:
            await exchange.piece(piece)
        await (exchange.hang_up() if cut else exchange.end())

    return script


ENDED = sse("task", task_json(task("succeeded", result=Result(reason="exited", exit_code=0))))


async def gone(exchange: Exchange) -> None:
    await exchange.hang_up()


async def receipt(exchange: Exchange) -> None:
    await exchange.json({"id": TASK, "state": "waiting", "durable": 1}, 202)


async def cancelled(exchange: Exchange) -> None:
    await exchange.json(task_json(task("cancelled")))


def says(told: Task) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.json(task_json(told))

    return script


async def silent(exchange: Exchange) -> None:
    await trio.sleep_forever()

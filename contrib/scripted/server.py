"""The server: takes the next step of the script for each chat, and plays it."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from contrib.scripted import ollama_wire, openai_wire
from contrib.scripted.http import Request, Response, read_request
from contrib.scripted.script import Script, Step, parse_script

CHATS: dict[str, ModuleType] = {"/v1/chat/completions": openai_wire, "/api/chat": ollama_wire}
LISTS: dict[str, ModuleType] = {"/v1/models": openai_wire, "/api/tags": ollama_wire}


class Server:
    """One script at a time, and what was asked since it began."""

    def __init__(self, script: Script, record: Path | None = None) -> None:
        self.script = script
        self.record = record
        self.asked: list[dict[str, Any]] = []
        self._open: set[asyncio.Task[Any]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            await self._answer(await read_request(reader), Response(writer))
        except (ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            writer.transport.abort()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, request: Request, response: Response) -> None:
        path = request.path
        if path.startswith("/_"):
            await self._control(request, response)
            return
        wire = CHATS.get(path) or LISTS.get(path) or (openai_wire if path.startswith("/v1") else ollama_wire)
        if self.script.key and request.headers.get("authorization") != f"Bearer {self.script.key}":
            said = request.headers.get("authorization", "nothing")
            await response.document(401, wire.error(401, f"this key is not good: {said}"))
        elif path in CHATS:
            await self._chat(wire, json.loads(request.body), response)
        elif path in LISTS:
            await response.document(200, wire.models(self.script))
        elif path == "/api/show":
            await response.document(200, ollama_wire.shown(self.script))
        elif path == "/api/version":
            await response.document(200, {"version": "0.0.0-scripted"})
        else:
            await response.document(404, wire.error(404, f"there is no {path}"))

    async def _control(self, request: Request, response: Response) -> None:
        if request.path == "/_asked":
            await response.document(200, self.asked)
        elif request.path == "/_open":
            await response.document(200, len(self._open))
        elif request.path == "/_script":
            try:
                self.script = parse_script(request.body)
            except (ValueError, TypeError) as error:
                await response.document(422, {"error": str(error)})
                return
            self.asked = []
            for chat in self._open:
                chat.cancel()
            await response.document(200, {})
        else:
            await response.document(404, {"error": f"there is no {request.path}"})

    async def _chat(self, wire: ModuleType, asked: dict[str, Any], response: Response) -> None:
        if asked.get("model") != self.script.model:
            message = f"model {asked.get('model')!r} not found: there is only `{self.script.model}`"
            await response.document(404, wire.error(404, message))
            return
        step, told = self._next(wire, asked)
        chat = asyncio.current_task()
        assert chat is not None
        self._open.add(chat)
        try:
            await asyncio.sleep(step.sleep)
            told["answered_at"] = time.monotonic()
            await self._play(wire, step, asked, response)
        finally:
            self._open.remove(chat)

    def _next(self, wire: ModuleType, asked: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
        number = len(self.asked)
        step = self.script.step(number)
        last = str((asked.get("messages") or [{}])[-1].get("content"))
        told = {"number": number, "wire": wire.__name__.rpartition(".")[2], "asked": asked}
        if step.expect not in last:
            told["missing"] = step.expect
            step = Step(status=422, error=f"step {number} expects {step.expect!r} in the last message")
        self.asked.append(told)
        if self.record:
            with self.record.open("a") as file:
                file.write(json.dumps(told) + "\n")
        return step, told

    async def _play(self, wire: ModuleType, step: Step, asked: dict[str, Any], response: Response) -> None:
        if step.status != 200:
            await response.document(step.status, wire.error(step.status, step.error), step.headers)
        elif step.garbage is not None:
            await response.body(200, step.garbage, wire.MEDIA_TYPE, step.headers)
        elif asked.get("stream", wire is ollama_wire):
            await self._stream(wire, step, asked, response)
        else:
            await response.document(200, wire.whole(step), step.headers)

    async def _stream(self, wire: ModuleType, step: Step, asked: dict[str, Any], response: Response) -> None:
        await response.begin(wire.MEDIA_TYPE, step.headers)
        for number, data in enumerate(_pieces(wire, step)):
            if step.cut is not True and step.cut == number:
                response.hang_up()
                return
            if step.close == number:
                break
            await asyncio.sleep(step.pause)
            await response.chunk(data)
        if step.cut is not None:
            response.hang_up()
            return
        if step.close is None:
            await response.chunk(wire.ending(step, asked))
        await response.end()


def _pieces(wire: ModuleType, step: Step) -> Iterator[bytes]:
    if step.endless:
        return (wire.piece(step.text or "and so on ") for _ in itertools.count())
    return itertools.chain(map(wire.piece, step.pieces()), wire.calls(step))


async def serve(script: Script, port: int, record: Path | None) -> None:
    """Serve on the loopback until cancelled; the addresses go to stdout when it is ready."""
    server = await asyncio.start_server(Server(script, record).connected, "127.0.0.1", port)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(json.dumps({"model": script.model, "openai": f"{url}/v1", "ollama": url}), flush=True)
    async with server:
        await server.serve_forever()

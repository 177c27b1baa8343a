"""Stands before a server of models, hands everything on as it comes, and writes what was said as a script."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contrib.scripted.heard import step_of
from contrib.scripted.http import LARGEST_BODY, Request, Response, read_request
from contrib.scripted.server import CHATS
from contrib.scripted.upstream import Answer, Broken, Upstream

_SECRET = ("authorization", "x-api-key", "api-key", "cookie", "proxy-authorization")
_WINDOWS = ("context_length", "max_model_len", "context_window", "n_ctx")


class Recorder:
    """One recording. Chats stand in it in the order in which they were asked."""

    def __init__(self, upstream: Upstream, out: Path) -> None:
        self._upstream = upstream
        self._out = out
        self._steps: list[dict[str, Any] | None] = []
        self._script: dict[str, Any] = {"tools": False}
        self._windows: dict[str, int] = {}
        self.write()  # whoever cannot write hears it now

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            await self._pass(await read_request(reader), Response(writer))
        except (ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            writer.transport.abort()  # whoever asked is gone, or spoke no HTTP
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _pass(self, request: Request, response: Response) -> None:
        chat = self._begin(request) if request.path in CHATS else None
        async with contextlib.AsyncExitStack() as stack:
            try:
                answer = await stack.enter_async_context(self._upstream.ask(request))
            except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
                message = f"the server behind the recording does not answer: {error or type(error).__name__}"
                if chat is not None:
                    self._end(chat, {"status": 502, "error": message}, request)
                await response.document(502, {"error": message})
                return
            body, whole = await _hand_on(answer, response)
            self._told(request, chat, answer, body, whole=whole)
            await response.end() if whole else response.hang_up()

    def _told(self, request: Request, chat: int | None, answer: Answer, body: bytes, *, whole: bool) -> None:
        """Before the client knows that it is the end, so that the file has it then."""
        if chat is not None:
            self._end(chat, step_of(answer.status, answer.headers, body, whole=whole), request)
        else:
            self._learn(_object(request.body), _object(body))

    def _begin(self, request: Request) -> int:
        asked = _object(request.body)
        self._script.setdefault("model", asked.get("model", "scripted"))
        self._script["tools"] |= bool(asked.get("tools"))
        self._steps.append(None)
        return len(self._steps) - 1

    def _end(self, chat: int, step: dict[str, Any], request: Request) -> None:
        self._steps[chat] = _without(step, _secrets(request.headers))
        self.write()

    def _learn(self, asked: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """How much each model can read, where a list or a description says so."""
        info, data = told.get("model_info"), told.get("data")
        found = [{**info, "id": asked.get("model")}] if isinstance(info, dict) else data
        for model in found if isinstance(found, list) else []:
            for name, value in model.items() if isinstance(model, dict) else ():
                if name.endswith(_WINDOWS) and isinstance(value, int):
                    self._windows[str(model.get("id"))] = value

    def write(self) -> None:
        """All of it anew, so that the file is a script at any moment."""
        steps = [step for step in self._steps if step is not None]
        draft = self._out.with_name(f".{self._out.name}.draft")
        script = {**self._script, "steps": steps}
        if (window := self._windows.get(str(script.get("model")))) is not None:
            script["context"] = window
        draft.write_text(json.dumps(script, indent=1) + "\n")
        os.replace(draft, self._out)


async def _hand_on(answer: Answer, response: Response) -> tuple[bytes, bool]:
    """The body, and whether it came to its end; that end is not handed on yet."""
    body = bytearray()
    headers = {name: answer.headers[name] for name in ("retry-after",) if name in answer.headers}
    await response.begin(answer.headers.get("content-type", "application/json"), headers, answer.status)
    try:
        async for piece in answer.pieces():
            body += piece[: max(0, LARGEST_BODY - len(body))]
            await response.chunk(piece)
    except Broken:
        return bytes(body), False
    return bytes(body), True


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _secrets(headers: Mapping[str, str]) -> list[str]:
    """The words of the headers that hold keys, longest first."""
    words = [word for name in _SECRET for word in headers.get(name, "").split() if len(word) > 6]
    return sorted(words, key=len, reverse=True)


def _without(value: Any, secrets: list[str]) -> Any:
    """A step in which a server that repeats a key is not quoted."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "[key]")
        return value
    if isinstance(value, dict):
        return {name: _without(inner, secrets) for name, inner in value.items()}
    return [_without(inner, secrets) for inner in value] if isinstance(value, list) else value


async def record(upstream: str, out: Path, port: int) -> None:
    """Serve on the loopback until cancelled; the addresses go to stdout when it is ready."""
    recorder = Recorder(Upstream(upstream), out)
    server = await asyncio.start_server(recorder.connected, "127.0.0.1", port)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(json.dumps({"openai": f"{url}/v1", "ollama": url}), flush=True)
    print(f"what {upstream} says is written to {out}", file=sys.stderr)
    async with server:
        await server.serve_forever()

"""The other side of the ratios: Starlette on uvicorn with nothing around the handlers.

`python -m contrib.bench.rig.bare [DATABASE]` prints its port, and serves until SIGTERM. `/task/{id}` reads a
task from the database of a node through aiosqlite, as anybody would write it; `POST /tasks` checks a document
with pydantic and keeps nothing.
"""

import json
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated

import aiosqlite
import uvicorn
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SELECT = (
    "SELECT id, state, waiting_for, attempt, worker, submitted_at, ended_at, document, result"
    " FROM coordinator_task WHERE id = ?"
)


class Document(BaseModel):
    """A task document, as far as a benchmark needs one."""

    model_config = ConfigDict(extra="forbid")

    commands: list[str | list[str]] = Field(min_length=1)
    title: Annotated[str, Field(max_length=200)] = ""
    env: dict[str, str] = {}
    requires: list[str] = []
    priority: int = 0


async def plain(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def task(request: Request) -> Response:
    rows = await request.app.state.database.execute_fetchall(SELECT, (request.path_params["id"],))
    for id_, state, waiting_for, attempt, worker, submitted_at, ended_at, document, result in rows:
        body = {
            **json.loads(document),
            "id": id_,
            "state": state,
            "waiting_for": waiting_for,
            "attempt": attempt,
            "worker": worker,
            "submitted_at": submitted_at,
            "ended_at": ended_at,
            "result": json.loads(result) if result else None,
        }
        return JSONResponse(body)
    return JSONResponse({"status": 404}, 404)


async def submit(request: Request) -> Response:
    try:
        Document.model_validate_json(await request.body())
    except ValidationError as error:
        return JSONResponse({"errors": error.error_count()}, 422)
    return JSONResponse({"id": secrets.token_hex(16), "state": "waiting", "durable": 0}, 202)


@asynccontextmanager
async def opened(app: Starlette) -> AsyncIterator[None]:
    if len(sys.argv) > 1:
        async with aiosqlite.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as database:
            app.state.database = database
            yield
    else:
        yield


def main() -> None:
    routes = [
        Route("/plain", plain),
        Route("/task/{id}", task),
        Route("/tasks", submit, methods=["POST"]),
    ]
    app = Starlette(routes=routes, lifespan=opened)
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, loop="asyncio", http="h11", access_log=False, log_level="warning", timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def serving(database: Path | None = None) -> Iterator[tuple[int, int]]:
    """The port and the pid of a bare server that runs meanwhile."""
    command = [sys.executable, "-m", __name__, *([str(database)] if database else [])]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    main()

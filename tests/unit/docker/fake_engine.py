"""A server on a Unix socket that answers as a test tells it to: what a real engine would not do on demand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

Answer = Callable[[str, trio.SocketStream], Awaitable[None]]


def http(status: int, body: str = "", headers: str = "") -> bytes:
    length = f"Content-Length: {len(body.encode())}\r\n"
    return f"HTTP/1.1 {status} Word\r\n{headers}{length}\r\n{body}".encode()


PONG = http(200, "OK", "Api-Version: 1.99\r\nOSType: linux\r\n")


@asynccontextmanager
async def fake_engine(directory: Path, answer: Answer) -> AsyncIterator[str]:
    """Gives its DOCKER_HOST. `answer` gets the request line and the connection, which is then closed."""
    path = directory / "docker.sock"
    listening = trio.socket.socket(trio.socket.AF_UNIX)
    await listening.bind(str(path))
    listening.listen(16)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, partial(_serve, answer), [trio.SocketListener(listening)])
        yield f"unix://{path}"
        nursery.cancel_scope.cancel()


async def _serve(answer: Answer, connection: trio.SocketStream) -> None:
    async with connection:
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = await connection.receive_some(1 << 16)
                if not piece:
                    return
                head += piece
            try:
                await answer(head.partition(b"\r\n")[0].decode(), connection)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return

"""One HTTP/1.1 conversation with the engine (RFC 9112, by h11): a question, an answer, perhaps an upgrade."""

import json
from typing import Final

import h11
import trio

CHUNK: Final = 1 << 16

BIGGEST: Final = 32 << 20
"""No answer that we ask for comes near this many bytes."""


class Conversation:
    """On a socket of its own. Raises OSError, EOFError or h11.ProtocolError when the other side fails."""

    def __init__(self, socket: trio.SocketStream) -> None:
        self.socket = socket
        self._http = h11.Connection(our_role=h11.CLIENT)

    async def ask(self, method: str, target: str, body: object, *, upgrade: bool = False) -> None:
        """Send the question; `body` becomes JSON unless it is None."""
        payload = b"" if body is None else json.dumps(body).encode()
        headers = [("Host", "docker"), ("Content-Length", str(len(payload)))]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        headers += [("Connection", "Upgrade"), ("Upgrade", "tcp")] if upgrade else [("Connection", "close")]
        request = h11.Request(method=method, target=target, headers=headers)
        sent = [self._http.send(event) for event in (request, h11.Data(data=payload), h11.EndOfMessage())]
        try:
            await self.socket.send_all(b"".join(part or b"" for part in sent))
        except trio.BrokenResourceError as error:
            raise ConnectionResetError("the connection broke") from error

    async def answer(self) -> tuple[int, dict[str, str]]:
        """Status and headers (names in lower case). 101 means that the stream is ours now."""
        while True:
            event = await self._next()
            if isinstance(event, h11.Response) or (
                isinstance(event, h11.InformationalResponse) and event.status_code == 101
            ):
                return event.status_code, {
                    name.decode("ascii"): value.decode("latin-1") for name, value in event.headers
                }
            if isinstance(event, h11.ConnectionClosed):
                raise EOFError("it hung up without an answer")  # noqa: TRY004 - no type error

    async def body(self) -> bytes:
        """The rest of the answer."""
        parts: list[bytes] = []
        size = 0
        while isinstance(event := await self._next(), h11.Data):
            parts.append(bytes(event.data))
            size += len(event.data)
            if size > BIGGEST:
                raise EOFError(f"it answered with more than {BIGGEST} bytes")
        return b"".join(parts)

    def upgraded(self) -> bytes:
        """What came already of the stream behind the answer; from now on the socket is the caller's."""
        return bytes(self._http.trailing_data[0])

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            try:
                self._http.receive_data(await self.socket.receive_some(CHUNK))
            except trio.BrokenResourceError as error:
                raise ConnectionResetError("the connection broke") from error
        return event

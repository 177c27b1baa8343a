"""A server that fails, lies or never ends: a fault of the right kind, in bounded time."""

import base64
import gzip

import pytest
import trio

from chorus.testing.provider.bench import LONG_S, Play, ask, request, told
from chorus_hooks.provider import FaultKind, Provider, ProviderFault

ASKED = request("scripted")

STATUSES: dict[int, FaultKind] = {
    400: "invalid",
    401: "denied",
    402: "denied",
    403: "invalid",
    404: "denied",
    408: "busy",
    409: "busy",
    413: "invalid",
    422: "invalid",
    429: "busy",
    500: "unreachable",
    502: "unreachable",
    503: "unreachable",
}

GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<html><body>Welcome to nginx</body></html>\n",
    "not UTF-8": b"data: \xff\xfe\n\n\xff\n",
    "not JSON": b'data: {"choices": [\n\n{"message": \n',
    "no object": b'data: [1, 2]\n\n[1, "a"]\n',
    "wrong kinds": b'data: {"choices": 7}\n\n{"message": 7}\n',
    "nested": b"data: " + b"[" * 100_000 + b"\n\n" + b"[" * 100_000 + b"\n",
    "a long line": b"data: " + b"a" * (2 << 20),
    "empty lines": b"\n" * 100_000,
    "a long number": b'data: {"choices": ' + b"9" * 10_000 + b'}\n\n{"message": ' + b"9" * 10_000 + b"}\n",
    "compressed": gzip.compress(b"data: [DONE]\n\n"),
}


class FailingPromises:
    """Over a server that plays a script."""

    @pytest.mark.parametrize(("status", "kind"), STATUSES.items())
    async def test_a_status_is_a_fault_of_its_kind(
        self, provider: Provider, play: Play, status: int, kind: FaultKind
    ) -> None:
        """With what the server says, in a line."""
        await play([{"status": status, "error": "because\nof reasons"}])
        fault = await told(provider, ASKED)
        assert fault.kind == kind
        assert "because of reasons" in fault.message

    async def test_a_busy_server_says_when_to_come_back(self, provider: Provider, play: Play) -> None:
        """`Retry-After`, in seconds; what is no number of seconds is not told."""
        await play(
            [
                {"status": 429, "headers": {"Retry-After": "17"}},
                {"status": 429, "headers": {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}},
            ]
        )
        assert (await told(provider, ASKED)).retry_after == 17.0
        assert (await told(provider, ASKED)).retry_after is None

    async def test_too_long_a_conversation_is_a_kind_of_its_own(self, provider: Provider, play: Play) -> None:
        """The caller shortens it."""
        await play([{"status": 400, "error": "the request exceeds the available context size"}])
        assert (await told(provider, ASKED)).kind == "context"

    async def test_a_redirect_is_not_followed(self, provider: Provider, play: Play) -> None:
        """It would carry the question, and the key, to somebody else."""
        await play([{"status": 307, "headers": {"Location": "http://127.0.0.1:9/"}}, "never asked"])
        assert (await told(provider, ASKED)).kind == "denied"

    async def test_an_unknown_model_is_denied(self, provider: Provider, play: Play) -> None:
        """A person has to look at it."""
        await play([])
        assert (await told(provider, request("no-such/model:1b"))).kind == "denied"

    @pytest.mark.parametrize("how", [{"cut": 0}, {"cut": 2}, {"cut": True}, {"close": 0}, {"close": 2}])
    async def test_a_stream_without_its_end_is_no_reply(
        self, provider: Provider, play: Play, how: dict[str, object]
    ) -> None:
        """Whether the connection breaks or ends in good order."""
        await play([{"text": "one two three four five", "piece": 4, **how}])
        assert (await told(provider, ASKED)).kind == "cut"

    async def test_what_came_before_the_cut_was_given(self, provider: Provider, play: Play) -> None:
        """So that it can be told what was lost."""
        await play([{"text": "one two", "piece": 4, "cut": True, "pause": 0.05}])
        pieces: list[str] = []
        with pytest.raises(ProviderFault), trio.fail_after(LONG_S):
            async with provider.chat(ASKED) as chat:
                async for piece in chat:
                    pieces.append(piece)
        assert "".join(pieces) == "one two"

    @pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
    async def test_garbage_is_no_reply(self, provider: Provider, play: Play, body: bytes) -> None:
        """Never anything but a fault."""
        await play([{"garbage": base64.b64encode(body).decode()}, "still there"])
        assert (await told(provider, ASKED)).kind == "cut"
        assert (await ask(provider, ASKED)).text == "still there"

    async def test_an_endless_reply_is_left(self, provider: Provider, play: Play) -> None:
        """A bound on its size, whatever the pace."""
        await play([{"endless": True, "text": "x" * 100_000}])
        assert (await told(provider, ASKED)).kind == "cut"

    async def test_a_thousand_calls_are_no_reply(self, provider: Provider, play: Play) -> None:
        """No model means that."""
        await play([{"calls": [{"name": "run", "arguments": {}}] * 1000}])
        assert (await told(provider, ASKED)).kind == "cut"

    async def test_a_server_that_does_not_begin_is_unreachable(self, hasty: Provider, play: Play) -> None:
        """After the time to the first byte."""
        await play([{"text": "late", "sleep": 20}])
        assert (await told(hasty, ASKED)).kind == "unreachable"

    async def test_a_server_that_falls_silent_is_cut(self, hasty: Provider, play: Play) -> None:
        """After the time between two pieces."""
        await play([{"text": "one two", "piece": 4, "pause": 20}])
        assert (await told(hasty, ASKED)).kind == "cut"

    async def test_a_server_that_never_ends_is_cut(self, hasty: Provider, play: Play) -> None:
        """After the time for all of it, however steadily it speaks."""
        await play([{"endless": True, "text": "tick ", "pause": 0.02}])
        assert (await told(hasty, ASKED)).kind == "cut"

"""Whether nodes see one another, as each of them answers over its API."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chorus.local_mesh.neighbours import meshed
from chorus.local_mesh.place import Place, Where

TOKEN = "test-token-of-no-worth"
IDS = ("12D3a", "12D3b", "12D3c")


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A server that always says the same; where it is, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers['Authorization']}")
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def peers(*states: tuple[str, str]) -> bytes:
    return json.dumps({"peers": [{"peer_id": peer, "state": state} for peer, state in states]}).encode()


def node(state_dir: Path, peer_id: str, api: str) -> tuple[Place, Where]:
    return Place("1", state_dir), Where(1, peer_id, api, "", ())


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    (tmp_path / "api-token").write_text(TOKEN + "\n")
    return tmp_path


async def test_nodes_are_meshed_when_each_sees_all_others_alive(state_dir: Path) -> None:
    both = peers((IDS[1], "alive"), (IDS[2], "alive"))
    with (
        answering(both) as (first, asked),
        answering(peers((IDS[0], "alive"))) as (second, _),
        answering(peers((IDS[0], "suspect"))) as (third, _),
    ):
        one, two, three = (node(state_dir, *pair) for pair in zip(IDS, (first, second, third), strict=True))
        assert await meshed([one, two], "")
        assert asked == [f"/api/v1/peers Bearer {TOKEN}"]
        assert not await meshed([one, two, three], "")
        assert not await meshed([three, one], "")
        assert await meshed([one], "a-token-that-was-given")
        assert asked[-1].endswith("a-token-that-was-given")


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 200), (b"[]", 200), (b'{"peers":[1]}', 200), (b"{}", 404), (peers(), 503)]
)
async def test_who_does_not_say_sees_nobody(state_dir: Path, body: bytes, status: int) -> None:
    with answering(body, status) as (api, _):
        assert not await meshed([node(state_dir, IDS[0], api)], "")


async def test_who_does_not_answer_sees_nobody(state_dir: Path) -> None:
    with answering(b"") as (api, _):
        pass
    assert not await meshed([node(state_dir, IDS[0], api)], "")

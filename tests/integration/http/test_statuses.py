"""Each status that the API's document declares is seen from a real node, so that none is there for show.

What is asked is made from the document itself: an operation that is added is asked, too, and fails here until
somebody says how each of its statuses comes about.
"""

import json
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPResponse
from itertools import cycle
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from chorus_http.service import MOST_CONNECTIONS
from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from tests.asking import site as asking

ENVIRONMENT = {
    "CHORUS_MAX_QUEUED": "20",
    "CHORUS_MAX_TASKS": "8",
    "CHORUS_BUDGET_DAY": "tokens=0",  # so that goals wait
    **asking.ENVIRONMENT,
}
ASKING = True

UNSEEN: Mapping[tuple[str, int], str] = {}
"""What no test can provoke: `METHOD PATH` and status, and why. Nothing, so far."""

TASKS = f"{API}/tasks"
NULL: dict[str, Any] = {"requires": ["sandbox:null"]}
HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
HERE = {"id": "", "path": "report.txt", "sha256": HELLO, "seq": "0"}
"""Values of the path's parameters that name something; the task is made first."""
NOWHERE = {"id": "0" * 32, "path": "absent.txt", "sha256": "0" * 64, "seq": "999999999"}
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Told:
    status: int
    headers: Mapping[str, str]
    raw: bytes


@dataclass(frozen=True)
class Asked:
    """A request that can be asked as it is, or a little differently."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def but(self, **headers: str) -> "Asked":
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def document(self, **fields: object) -> "Asked":
        assert self.body is not None
        return replace(self, body=json.dumps({**json.loads(self.body), **fields}).encode())


@dataclass
class Site:
    """The node, and how it is asked."""

    node: Node
    here: dict[str, str]

    def ask(self, asked: Asked) -> Told:
        with self._connection() as connection:
            path = f"{asked.path}?{asked.query}" if asked.query else asked.path
            with suppress(BrokenPipeError, ConnectionResetError):  # told no before it was asked
                connection.request(asked.method, path, asked.body, self._headers(asked))
            answer = HTTPResponse(cast(socket.socket, connection.sock), method=asked.method)
            answer.begin()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Told(answer.status, headers, answer.read())

    def head(self, asked: Asked) -> bytes:
        """The head alone, of a request that has a body."""
        lines = [f"{name}: {value}" for name, value in self._headers(asked).items()]
        return "\r\n".join(
            [f"{asked.method} {asked.path} HTTP/1.1", "Host: localhost", *lines, "", ""]
        ).encode()

    def dial(self) -> socket.socket:
        parts = urlsplit(self.node.where["api"])
        return socket.create_connection((parts.hostname, parts.port or 80), timeout=PATIENCE_S)

    def question(self) -> dict[str, Any]:
        """What a new task asks a person."""
        with self.node.client() as client:
            task = client.submit("true", title="ask", **NULL).json["id"]
            until(lambda: client.task(task)["waiting_for"] == "approval", 20, self.node.told)
            waiting = client.get(f"{API}/approvals").json["approvals"]
            return next(one for one in waiting if one["task"] == task)

    def goal(self) -> str:
        """A goal that waits."""
        with self.node.client() as client:
            document = {"kind": "goal", "goal": "make it right", "verify": ["true"], **NULL}
            task: str = client.ask("POST", TASKS, document, {}).json["id"]
            until(lambda: client.task(task)["waiting_for"] == "budget", 20, self.node.told)
            return task

    def _headers(self, asked: Asked) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.node.token}", **asked.headers}

    @contextmanager
    def _connection(self) -> Iterator[HTTPConnection]:
        with closing(HTTPConnection("localhost", timeout=PATIENCE_S)) as connection:
            connection.sock = self.dial()
            yield connection


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def ordinary(method: str, path: str, operation: Any, values: Mapping[str, str]) -> Asked:
    """What the document itself gives as an example."""
    query = "follow=false" if any(one["name"] == "follow" for one in operation.get("parameters", ())) else ""
    asked = Asked(method, path.format_map(values), query)
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        asked = asked.but(Content_Type=kind)
        if kind == "application/json":
            first = next(iter(content["examples"].values()))["value"]
            more = NULL if path == TASKS else {}
            return replace(asked, body=json.dumps({**first, **more}).encode())
        asked = replace(asked, body=content["example"].encode())
    return asked


def known(site: Site, asked: Asked) -> Asked:
    return asked.but(If_None_Match=site.ask(asked).headers["etag"])


def of_nothing(site: Site, asked: Asked) -> Asked:
    """With a source that is not here, where the path itself names nothing."""
    return asked.document(source={"sha256": NOWHERE["sha256"]}) if asked.path == TASKS else asked


def answering(site: Site, asked: Asked) -> Asked:
    """An answer to what a task asks by now, or a word to a goal that waits; any other request as it is."""
    act = asked.path.rpartition("/")[2]
    if act in ("pause", "resume", "steer"):
        return replace(asked, path=f"{TASKS}/{site.goal()}/{act}")
    if not asked.path.endswith(("/approve", "/deny")):
        return asked
    question = site.question()
    return replace(
        asked,
        path=f"{TASKS}/{question['task']}/{asked.path.rpartition('/')[2]}",
        body=json.dumps({"digest": question["digest"]}).encode(),
    )


def clashing(site: Site, asked: Asked) -> Asked:
    """A key that is taken, a word to a task that has ended, an answer to what the task does not ask."""
    if not asked.path.endswith(("/approve", "/deny")):
        return asked.but(Idempotency_Key="taken")
    return answering(site, asked).document(digest="0" * 64)


PROVOKE: Mapping[int, Callable[[Site, Asked], Asked]] = {
    200: answering,
    201: lambda site, asked: asked,
    202: lambda site, asked: asked,
    206: lambda site, asked: asked.but(Range="bytes=0-1"),
    304: known,
    401: lambda site, asked: asked.but(Authorization="Bearer nobody"),
    403: lambda site, asked: asked.document(env={"API_TOKEN": "hunter2"}),
    404: of_nothing,
    409: clashing,
    413: lambda site, asked: replace(asked.but(Content_Length=str(1 << 50)), body=None),
    415: lambda site, asked: asked.but(Content_Type="text/plain"),
    416: lambda site, asked: asked.but(Range="bytes=1000000-"),
    421: lambda site, asked: asked.but(Host="elsewhere.example"),
    422: lambda site, asked: replace(asked, query="surprise=1"),
    429: lambda site, asked: asked,  # once the queue is full
    503: lambda site, asked: asked,  # once every connection is at work
}
"""How each status comes about, but 408, which is for those who send no body."""


@pytest.fixture(scope="module")
def site(node: Node) -> Site:
    """A node with an ended task that left a file, a blob, and an idempotency key that is taken."""
    made = Site(node, dict(HERE))
    with node.client() as client:
        assert client.submit("true", key="taken", title="another", **NULL).status == 202
        task = client.submit("leave report.txt hello", outputs=["*.txt"], **NULL).json["id"]
        until(lambda: client.task(task)["state"] == "succeeded", 20, node.told)
    made.here["id"] = task
    return made


@pytest.fixture(scope="module")
def document(site: Site) -> Any:
    return json.loads(site.ask(Asked("GET", "/openapi.json")).raw)


@pytest.mark.slow
def test_every_status_that_is_declared_is_seen(site: Site, document: Any) -> None:
    """In three acts: a calm node, one whose queue is full, and one whose connections are all at work."""
    declared = declarations(site, document)
    assert UNSEEN.keys() <= {(name, status) for status, asked in declared.items() for name in asked}
    slow, crowded, taken = (declared.pop(status) for status in (408, 429, 503))
    wrong = [told for status, asked in declared.items() for told in unlike(site, status, asked)]
    fill_the_queue(site)
    wrong += unlike(site, 429, crowded)
    with all_at_work(site, [*slow.values()]) as first_of_each:
        wrong += unlike(site, 503, taken)
        for name, connection in zip(slow, first_of_each, strict=True):
            if not connection.recv(1 << 16).startswith(b"HTTP/1.1 408 "):
                wrong.append(f"{name} declares 408, and does not answer it to who sends no body")
    assert not wrong, "\n".join(wrong)


def declarations(site: Site, document: Any) -> dict[int, dict[str, Asked]]:
    """Who declares each status, and an ordinary request for it: of what is not there, for 404."""
    found: dict[int, dict[str, Asked]] = defaultdict(dict)
    for method, path, operation in operations(document):
        for status in map(int, operation["responses"]):
            values = NOWHERE if status == 404 else site.here
            found[status][f"{method} {path}"] = ordinary(method, path, operation, values)
    return found


def unlike(site: Site, status: int, declared: Mapping[str, Asked]) -> Iterator[str]:
    """What is not as it was declared."""
    for name, asked in declared.items():
        if (name, status) in UNSEEN:
            continue
        if status not in PROVOKE:
            yield f"{name} declares {status}, and nobody provokes it"
            continue
        told = site.ask(PROVOKE[status](site, asked))
        if told.status != status:
            yield f"{name} declares {status}, and answered {told.status} {told.raw[:200]!r}"
        elif status in (429, 503) and not int(told.headers.get("retry-after", 0)):
            yield f"{name} answered {status} without Retry-After"


def fill_the_queue(site: Site) -> None:
    with site.node.client() as client:
        until(lambda: client.submit("sleep 3600", limits={"timeout_s": 7200}, **NULL).status == 429, 20)


@contextmanager
def all_at_work(site: Site, asked: list[Asked]) -> Iterator[list[socket.socket]]:
    """Connections whose bodies are waited for, until there are no others; gives one for each of `asked`."""
    with ExitStack() as stack:
        held: list[socket.socket] = []
        for one in cycle(asked):
            connection = stack.enter_context(site.dial())
            with suppress(OSError):  # it may be the one that is told no
                connection.sendall(site.head(one.but(Content_Length="1000")))
            held.append(connection)
            if len(held) >= MOST_CONNECTIONS and site.ask(Asked("GET", f"{API}/status")).status == 503:
                break
            assert len(held) < 2 * MOST_CONNECTIONS
        yield held[: len(asked)]


def test_a_head_tells_what_the_get_would_whole(site: Site, document: Any) -> None:
    """A Range header counts for GET alone (RFC 9110, section 14.2)."""
    for method, path, operation in operations(document):
        if method == "GET":
            asked = ordinary(method, path, operation, site.here)
            got = site.ask(asked)
            told = site.ask(replace(asked, method="HEAD").but(Range="bytes=0-1"))
            same = ("content-type", "etag", "accept-ranges", "content-disposition")
            assert (told.status, told.raw) == (got.status, b""), path
            assert [told.headers.get(name) for name in same] == [got.headers.get(name) for name in same], path
            if "uptime_s" not in got.raw.decode():
                assert told.headers.get("content-length") == got.headers.get("content-length"), path


@pytest.mark.parametrize("length", ["1", str(1 << 50)])
def test_a_body_where_none_is_taken_is_refused_without_waiting_for_it(
    site: Site, document: Any, length: str
) -> None:
    for method, path, operation in operations(document):
        if method != "GET" and "requestBody" not in operation:
            asked = ordinary(method, path, operation, site.here).but(Content_Length=length)
            told = site.ask(asked)
            assert (told.status, "422" in operation["responses"]) == (422, True), path


def test_what_belongs_to_no_operation_is_told_as_a_problem(site: Site) -> None:
    for method, path, status in (("GET", f"{API}/nothing", 404), ("PUT", f"{API}/status", 405)):
        told = site.ask(Asked(method, path))
        assert (told.status, told.headers["content-type"]) == (status, "application/problem+json")
    assert told.headers["allow"] == "GET, HEAD"

"""The API, asked as curl would: who may call, what is refused and how, and what is remembered."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until

TASK = {"commands": ["true"], "requires": ["sandbox:null"]}


class Told:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.raw = answer.read()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


def ask(
    node: Node, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> Told:
    parts = urlsplit(node.where["api"])
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=20)
    told = {"Authorization": f"Bearer {node.token}", "Content-Type": "application/json", **(headers or {})}
    raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    try:
        connection.request(method, path, body=raw, headers=told)
        return Told(connection.getresponse())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", f"{API}/tasks", None, {"Authorization": "Bearer wrong"}, 401),
        ("GET", f"{API}/tasks", None, {"Authorization": ""}, 401),
        ("GET", f"{API}/tasks", None, {"Host": "evil.example"}, 421),
        ("GET", "/nowhere", None, {}, 404),
        ("GET", f"{API}/tasks/{'0' * 32}", None, {}, 404),
        ("DELETE", f"{API}/tasks", None, {}, 405),
        ("POST", f"{API}/tasks", TASK, {"Content-Type": "text/plain"}, 415),
        ("POST", f"{API}/tasks", b"{", {}, 422),
        ("POST", f"{API}/tasks", {**TASK, "surprise": 1}, {}, 422),
        ("POST", f"{API}/tasks", {**TASK, "priority": 101}, {}, 422),
        ("GET", f"{API}/tasks?surprise=1", None, {}, 422),
        ("GET", f"{API}/tasks?limit=0", None, {}, 422),
        ("POST", f"{API}/tasks", b" " * (300 << 10), {}, 413),
        ("POST", f"{API}/tasks", {**TASK, "source": {"sha256": "0" * 64}}, {}, 404),
        ("POST", f"{API}/tasks", {**TASK, "depends_on": ["0" * 32]}, {}, 404),
        ("POST", f"{API}/tasks", {**TASK, "depends_on": ["first"]}, {}, 422),
        ("PUT", f"{API}/blobs/{'0' * 64}", b"hello", {}, 422),
    ],
)
def test_what_is_refused_is_told_as_a_problem(
    node: Node, method: str, path: str, body: object, headers: dict[str, str], status: int
) -> None:
    told = ask(node, method, path, body, headers)
    assert (told.status, told.headers["content-type"]) == (status, "application/problem+json")
    assert {"title", "status", "detail", "code"} <= told.json.keys()
    assert told.json["status"] == status


def test_the_same_key_gives_the_same_task_and_another_document_is_a_conflict(node: Node) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = (ask(node, "POST", f"{API}/tasks", TASK, key) for _ in range(2))
    assert (first.status, again.status) == (202, 202)
    assert first.json["id"] == again.json["id"]
    assert ask(node, "POST", f"{API}/tasks", {**TASK, "title": "other"}, key).status == 409
    both = ask(node, "POST", f"{API}/tasks", {**TASK, "idempotency_key": "two"}, key)
    assert both.status == 422


def test_a_task_that_depends_on_another_waits_for_it(node: Node) -> None:
    first = ask(node, "POST", f"{API}/tasks", TASK).json["id"]
    answer = ask(node, "POST", f"{API}/tasks", {**TASK, "depends_on": [first]})
    assert answer.status == 202
    path = f"{API}/tasks/{answer.json['id']}"
    until(lambda: ask(node, "GET", path).json["state"] == "succeeded", 20.0)
    assert ask(node, "GET", path).json["depends_on"] == [first]
    ask(node, "POST", f"{API}/tasks/{first}/cancel")


def test_a_task_is_followed_to_its_end_and_has_a_tag(node: Node) -> None:
    task = ask(node, "POST", f"{API}/tasks", TASK).json["id"]
    path = f"{API}/tasks/{task}"
    until(lambda: ask(node, "GET", path).json["state"] == "succeeded", 20, node.told)
    shown = ask(node, "GET", path)
    again = ask(node, "GET", path, headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status, again.raw) == (304, b"")
    log = ask(node, "GET", f"{path}/logs", headers={"Accept": "text/event-stream"})
    assert log.headers["content-type"].startswith("text/event-stream")
    assert log.raw.decode().rstrip().splitlines()[-2] == "event: task"
    assert ask(node, "POST", f"{path}/retry").status == 202


def test_the_trace_of_the_caller_goes_on_in_the_task(node: Node) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    task = ask(node, "POST", f"{API}/tasks", TASK, headers).json["id"]
    carried = ask(node, "GET", f"{API}/tasks/{task}").json["traceparent"]
    assert carried[3:35] == trace
    assert carried[36:52] != "b7ad6b7169203331"


def test_a_blob_comes_back_whole_in_part_or_not_again(node: Node) -> None:
    stored = ask(node, "PUT", f"{API}/blobs", b"hello world", {"Content-Type": "application/octet-stream"})
    path = f"{API}/blobs/{stored.json['sha256']}"
    whole = ask(node, "GET", path)
    assert (whole.status, whole.raw) == (200, b"hello world")
    part = ask(node, "GET", path, headers={"Range": "bytes=6-"})
    assert (part.status, part.raw, part.headers["content-range"]) == (206, b"world", "bytes 6-10/11")
    assert ask(node, "GET", path, headers={"Range": "bytes=99-"}).status == 416
    assert ask(node, "GET", path, headers={"If-None-Match": whole.headers["etag"]}).status == 304


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_the_documentation_needs_no_token(node: Node, path: str) -> None:
    assert ask(node, "GET", path, headers={"Authorization": ""}).status == 200


def test_the_journal_grows_and_proves_its_entries(node: Node) -> None:
    page = ask(node, "GET", f"{API}/journal?since=0&limit=2").json
    assert [entry["seq"] for entry in page["entries"]] == [0, 1]
    assert page["next"] == 2
    proof = ask(node, "GET", f"{API}/journal/proof/1").json
    assert json.loads(proof["entry"]) == page["entries"][1]
    assert proof["origin"] == ask(node, "GET", f"{API}/journal/checkpoint").json["origin"]
    assert ask(node, "GET", f"{API}/journal/proof/99999999").status == 404

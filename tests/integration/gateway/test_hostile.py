"""What a hostile or broken agent does to the gateway: a plain no, or its turn; and nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from chorus_reasoner.lending import MOST_REFUSED
from tests.integration.coordinator.program import Program, wait_for
from tests.integration.gateway.conftest import HERE, KEY, Works
from tests.integration.gateway.test_goal import transcript
from tests.integration.providers.conftest import Scripted

pytestmark = [pytest.mark.bwrap, pytest.mark.slow]

SAYS_NO = {
    "no_json": 400,
    "deep_json": 400,
    "not_utf8": 400,
    "no_object": 400,
    "wrong_types": 400,
    "no_messages": 400,
    "no_role": 400,
    "picture": 400,
    "many": 400,
    "two_replies": 400,
    "no_such_path": 404,
    "escape": 404,
    "other_method": "HTTP/1.1 405 ",
    "head": "HTTP/1.1 404 ",
    "no_http": "HTTP/1.1 400 ",
    "long_head": "HTTP/1.1 431 ",
    "smuggled": "HTTP/1.1 400 ",
    "gigabyte": "HTTP/1.1 413 ",
    "chunked": "HTTP/1.1 413 ",
}


@pytest.fixture(autouse=True)
def hostile(project: Path) -> None:
    shutil.copy(HERE / "hostile.py", project)


def printed(chorus: Program, task: dict[str, Any]) -> Any:
    return json.loads(chorus.run("task", "logs", task["id"]).stdout)


def test_every_bad_request_is_refused_and_recorded(chorus: Program, server: Scripted, works: Works) -> None:
    server.plays(["never asked"])
    task = works("python3 hostile.py requests && echo good > data.txt")
    got = printed(chorus, task)
    status, document = got.pop("other_model")
    assert (status, document["error"]["code"]) == (404, "model_not_found")
    status, document = got.pop("wrong_key")
    assert (status, document["error"]["type"]) == (401, "authentication_error")
    status, document = got.pop("anthropic")
    assert (status, document["type"], document["error"]["type"]) == (400, "error", "invalid_request_error")
    assert got == SAYS_NO
    assert server.control("asked") == []
    assert task["result"]["thinking"]["steps"] == 0
    refused = [line for line in transcript(chorus, task) if line["type"] == "refused"]
    assert len(refused) == len(SAYS_NO) + 3
    assert task["state"] == "succeeded", "what it did to the gateway is not what is judged"


def test_more_connections_than_there_may_be_take_turns(
    chorus: Program, server: Scripted, works: Works
) -> None:
    server.plays(["hello"], repeat=True)
    task = works("python3 hostile.py many && echo good > data.txt")
    assert printed(chorus, task) == [200] * 24
    assert task["result"]["thinking"]["steps"] == 24


def test_a_client_that_leaves_stops_the_model(chorus: Program, server: Scripted, works: Works) -> None:
    server.plays([{"text": "word " * 50, "pause": 0.005, "endless": True}])
    task = works("python3 hostile.py leave && echo good > data.txt")
    assert task["state"] == "succeeded"
    wait_for(lambda: server.control("open") == 0)
    (event,) = [line for line in transcript(chorus, task) if line["type"] == "event"]
    assert event["hung_up"] is True
    thinking = task["result"]["thinking"]
    assert thinking["steps"] == 1
    assert thinking["reply_tokens"] > 0, "what nobody waited for was paid all the same"


def test_silent_connections_keep_nobody_waiting(chorus: Program, server: Scripted, works: Works) -> None:
    server.plays([{"text": "word " * 50, "endless": True}, "hello"])
    task = works("python3 hostile.py silent && echo good > data.txt")
    assert printed(chorus, task) == "200"


def test_a_flood_of_nonsense_is_told_a_number_of_times(
    chorus: Program, server: Scripted, works: Works
) -> None:
    server.plays(["never asked"])
    task = works("python3 hostile.py flood && echo good > data.txt")
    assert printed(chorus, task) == [404]
    refused = [line for line in transcript(chorus, task) if line["type"] == "refused"]
    assert len(refused) == MOST_REFUSED
    assert refused[-1]["why"].endswith("further refusals are not told")


def test_the_key_is_nowhere_but_with_the_node(
    chorus: Program, server: Scripted, works: Works, project: Path
) -> None:
    server.plays(["hello"], key=KEY)
    look = "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'; cat /proc/*/cmdline | tr '\\0' ' '"
    one = "python3 -c 'import hostile; print(hostile.chat()[0])'"
    task = works(f"{one} > status; ({look}) > all.txt; echo good > data.txt")
    assert task["result"]["thinking"]["steps"] == 1
    assert task["result"]["changes"]["added"] >= 2
    kept = [path for path in chorus.state_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]
    assert any(b"CHORUS_GOAL=make data.txt good" in path.read_bytes() for path in kept), "the look was kept"

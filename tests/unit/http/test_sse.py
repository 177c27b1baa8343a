"""Whatever a task prints or a change holds: read as WHATWG HTML says, it is one event with that in it."""

import base64
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.coordinator import Change, TaskOutput, TaskPhase
from chorus_hooks.task import State
from chorus_http.position import Position
from chorus_http.routes import events, logs
from chorus_http.server.crossing import QUIET
from chorus_http.server.problem import ProblemError
from chorus_http.server.sse import Streams, event

STATES: Mapping[Any, Any] = dict.fromkeys(get_args(State))
WILD = st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\r\0: \u2028\ufeff"))


def read(stream: bytes) -> list[tuple[str, str, str]]:
    """Type, id and data of each event: section 9.2.6, with its three line ends."""
    found = []
    fields: dict[str, str] = {}
    for line in stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode().split("\n"):
        if not line:
            if "data" in fields:
                found.append((fields.get("event", "message"), fields.get("id", ""), fields["data"]))
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            fields[name] = f"{fields['data']}\n{value}" if name == "data" and "data" in fields else value
    return found


@given(st.binary(max_size=200), st.integers(1, 99), st.integers(0, 10**15 - 1), st.sampled_from([1, 2]))
def test_output_comes_back_byte_for_byte_and_its_id_leads_there(
    data: bytes, attempt: int, offset: int, stream: Any
) -> None:
    ((kind, id_, told),) = read(QUIET + logs.encode(TaskOutput(stream, data, offset, attempt)) + QUIET)
    document = json.loads(told)
    assert (kind, base64.b64decode(document["data"])) == ("output", data)
    assert document["stream"] == {1: "stdout", 2: "stderr"}[stream]
    assert Position.parse(id_) == Position(attempt, offset)


@given(WILD)
def test_the_text_of_a_phase_cannot_end_its_event_or_begin_another(text: str) -> None:
    ((kind, _, told),) = read(logs.encode(TaskPhase("running", text)))
    assert (kind, json.loads(told)) == ("phase", {"phase": "running", "text": text})


@given(st.lists(st.builds(Change, st.integers(1), WILD, WILD, WILD, WILD, st.sampled_from([*STATES]))))
def test_changes_come_back_in_their_order(changes: list[Change]) -> None:
    found = read(b"".join(map(events.encode, changes)))
    assert [Change(**json.loads(told)) for _, _, told in found] == changes
    assert [int(id_) for _, id_, _ in found] == [change.n for change in changes]


def test_an_event_without_an_id_leaves_the_last_one_in_force() -> None:
    assert b"id:" not in event("phase", b"{}")


async def test_beyond_the_most_streams_a_client_is_told_to_come_again_until_one_has_ended() -> None:
    async def endless() -> AsyncGenerator[bytes, None]:
        while True:
            yield b": quiet\n\n"

    streams = Streams(2)
    opened = [streams.start(endless()).pieces for _ in range(2)]
    for pieces in opened:
        await anext(pieces)
    with pytest.raises(ProblemError) as caught:
        streams.start(endless())
    assert (caught.value.status, int(caught.value.headers["retry-after"]) > 0) == (503, True)
    await opened[0].aclose()
    await anext(streams.start(endless()).pieces)
    assert streams.open == 2

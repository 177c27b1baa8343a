"""The human gate at a node: the answer names what was read, and is sent once."""

import json

import pytest

from chorus_hooks.errors import ChorusError, Conflict, Unreachable, UsageError
from chorus_hooks.gate import OpenQuestion, Question
from chorus_hooks.gate_json import question_json
from chorus_http.client.gate import RemoteGate
from tests.unit.http_client.answers import TASK, gone
from tests.unit.http_client.scripted import Exchange, Script, node

QUESTION = Question(TASK, 1, "command", "make install")
ASKED = OpenQuestion(QUESTION, "2026-11-26T09:21:00.123Z", "2026-11-26T10:21:00.123Z")


def says(document: object, status: int = 200) -> Script:
    async def script(exchange: Exchange) -> None:
        kind = "application/json" if status == 200 else "application/problem+json"
        await exchange.say(status, json.dumps(document).encode(), content_type=kind)

    return script


async def test_what_waits_is_read() -> None:
    async with node(says({"approvals": [question_json(ASKED)], "more": 1})) as (scripted, connection):
        assert await RemoteGate(connection).open() == (ASKED,)
    assert scripted.seen[0].target == "/api/v1/approvals"


async def test_a_text_that_is_not_that_of_its_digest_is_not_shown() -> None:
    forged = {**question_json(ASKED), "text": "make coffee"}
    async with node(says({"approvals": [forged]})) as (_, connection):
        with pytest.raises(ChorusError, match="digest"):
            await RemoteGate(connection).open()


@pytest.mark.parametrize(("approved", "verb"), [(True, "approve"), (False, "deny")])
async def test_an_answer_is_sent(approved: bool, verb: str) -> None:
    async with node(says({**question_json(ASKED), "approved": approved})) as (scripted, connection):
        said = await RemoteGate(connection).answer(TASK, QUESTION.digest, approved=approved, why="so")
    assert said == ASKED
    (seen,) = scripted.seen
    assert (seen.method, seen.target) == ("POST", f"/api/v1/tasks/{TASK}/{verb}")
    assert json.loads(seen.body) == {"digest": QUESTION.digest, "why": "so"}


async def test_who_is_too_late_is_told() -> None:
    problem = {"status": 409, "code": "conflict", "detail": "the task has its answer: no"}
    async with node(says(problem, 409)) as (_, connection):
        with pytest.raises(Conflict, match="has its answer"):
            await RemoteGate(connection).answer(TASK, QUESTION.digest, approved=True)


async def test_an_answer_whose_receipt_is_lost_is_not_sent_again() -> None:
    async with node(gone) as (scripted, connection):
        with pytest.raises(Unreachable):
            await RemoteGate(connection).answer(TASK, QUESTION.digest, approved=True)
    assert len(scripted.seen) == 1


async def test_nothing_asks_over_the_api() -> None:
    async with node(gone) as (scripted, connection):
        with pytest.raises(UsageError):
            await RemoteGate(connection).ask(QUESTION, timeout_s=1)
    assert scripted.seen == []

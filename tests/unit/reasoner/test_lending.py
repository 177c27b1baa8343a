"""Models lent to a foreign agent: asked as for goals, and metered, steered and recorded like those."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from chorus_hooks.agent import Lent, NoReply
from chorus_hooks.executor import Assignment
from chorus_hooks.provider import ChatRequest, Message, Tool
from chorus_hooks.task import Limits, TaskDocument, Thinking
from chorus_reasoner.lending import LendingModels
from tests.unit.reasoner.fakes import Guide, Say, Scripted, Words, World, fault, say

TOOL = Tool("shell", "run it", {"type": "object"})
ASKED = ChatRequest("whatever", (Message("system", "act"), Message("user", "hello")), tools=(TOOL,))


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, MockClock]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


@asynccontextmanager
async def lent(world: World, *providers: Scripted, limits: Limits | None = None) -> AsyncIterator[Lent]:
    world.providers = list(providers)
    made = world.made()
    models = LendingModels(
        made.config, made.market, world.blobs, Words(), world.scratch, world.gate, world.direction
    )
    document = TaskDocument(
        kind="goal", goal="g", verify=("true",), agent="my-agent", limits=limits or Limits()
    )
    async with models.lend(Assignment("t1", 1, document), world.bench, world.report) as loan:
        yield loan


async def deaf(_words: str) -> None:
    await trio.lowlevel.checkpoint()


def lines(world: World, thinking: Thinking) -> list[dict[str, object]]:
    assert thinking.transcript is not None
    return [json.loads(line) for line in world.blobs.kept[thinking.transcript.sha256].splitlines()]


async def test_a_request_goes_out_as_it_is_under_a_model_of_ours(world: World) -> None:
    provider, heard = Scripted("one", [say("hello you")]), []

    async def hear(words: str) -> None:
        heard.append(words)

    async with lent(world, provider) as loan:
        spoken = await loan.reply(ASKED, hear)
        thinking = await loan.end(None, "")
    (asked,) = provider.asked
    assert (asked.model, asked.messages, asked.tools) == ("scripted", ASKED.messages, ASKED.tools)
    assert (spoken.text, "".join(heard), spoken.model) == ("hello you", "hello you", "one/scripted")
    assert (thinking.steps, thinking.prompt_tokens, thinking.reply_tokens) == (1, 100, 10)


async def test_before_the_first_word_another_model_is_asked(world: World) -> None:
    broken, good = Scripted("one", [fault("unreachable")]), Scripted("two", [say("hello")])
    async with lent(world, broken, good) as loan:
        assert (await loan.reply(ASKED, deaf)).model == "two/scripted"


async def test_after_the_first_word_none_is_and_what_came_is_paid(world: World) -> None:
    world.direction = Guide()
    broken, good = Scripted("one", [fault("cut", after=("so ", "far"))]), Scripted("two", [say("hello")])
    async with lent(world, broken, good) as loan:
        with pytest.raises(NoReply) as no:
            await loan.reply(ASKED, deaf)
        thinking = await loan.end("agent_failed", "")
    assert no.value.kind == "cut"
    assert good.asked == []
    assert thinking.reply_tokens > 0
    assert len(world.direction.charged) == 1


@pytest.mark.parametrize(("kind", "told"), [("invalid", "invalid"), ("context", "context")])
async def test_what_is_wrong_with_a_request_is_told_and_not_held_against_the_model(
    world: World, kind: str, told: str
) -> None:
    provider = Scripted("one", [fault(kind), say("hello")])
    async with lent(world, provider) as loan:
        with pytest.raises(NoReply) as no:
            await loan.reply(ASKED, deaf)
        assert no.value.kind == told
        if kind == "invalid":
            assert (await loan.reply(ASKED, deaf)).text == "hello"


async def test_at_a_limit_nothing_is_asked_any_more(world: World) -> None:
    provider = Scripted("one", [say("one"), say("two")])
    async with lent(world, provider, limits=Limits(steps=1)) as loan:
        await loan.reply(ASKED, deaf)
        for _ in range(2):
            with pytest.raises(NoReply) as no:
                await loan.reply(ASKED, deaf)
            assert no.value.kind == "limit"
        assert loan.stopped is not None
        assert loan.stopped[0] == "step_limit"
    assert len(provider.asked) == 1


async def test_tokens_that_are_left_bound_the_reply(world: World) -> None:
    provider = Scripted("one", [say("one"), say("two")])
    async with lent(world, provider, limits=Limits(tokens=300)) as loan:
        await loan.reply(ASKED, deaf)
        await loan.reply(ASKED, deaf)
    first, second = (asked.max_tokens or 0 for asked in provider.asked)
    assert 0 < second <= first - 110 < 300


async def test_what_a_person_says_is_at_the_end_of_every_request_that_follows(world: World) -> None:
    world.direction = Guide([(), ("use the other file",), ()])
    provider = Scripted("one", [say("x")] * 3)
    async with lent(world, provider) as loan:
        for _ in range(3):
            await loan.reply(ASKED, deaf)
    told = ["use the other file" in asked.messages[-1].text for asked in provider.asked]
    assert told == [False, True, True]
    assert [tokens for tokens, _ in world.direction.charged] == [110, 110, 110]


async def test_a_pause_holds_a_request_back(world: World) -> None:
    world.direction = Guide([None])
    provider = Scripted("one", [say("x")])
    async with lent(world, provider) as loan:
        with trio.move_on_after(3600) as waiting:
            await loan.reply(ASKED, deaf)
        assert waiting.cancelled_caught
        assert provider.asked == []


async def test_a_client_that_leaves_hangs_up_and_is_charged(world: World) -> None:
    world.direction = Guide()
    provider = Scripted("one", [Say(("many words",), silent=True)])
    async with lent(world, provider) as loan, trio.open_nursery() as nursery:

        async def leave(_words: str) -> None:
            nursery.cancel_scope.cancel()
            await trio.lowlevel.checkpoint()

        await loan.reply(ASKED, leave)
    assert provider.open == 0
    assert len(world.direction.charged) == 1


async def test_secrets_stay_here_and_the_transcript_has_what_is_new(world: World) -> None:
    provider = Scripted("one", [say("hunter22 it is"), say("x")])
    more = ChatRequest("m", (*ASKED.messages, Message("assistant", "hunter22"), Message("user", "and?")))
    async with lent(world, provider) as loan:
        await loan.reply(ASKED, deaf)
        await loan.reply(more, deaf)
        await loan.refused(400, "no JSON: hunter22")
        thinking = await loan.end(None, "")
    assert all("hunter22" not in message.text for asked in provider.asked for message in asked.messages)
    told = lines(world, thinking)
    assert "hunter22" not in json.dumps(told)
    requests = [line for line in told if line["type"] == "request"]
    assert [(line["same"], len(line["new"])) for line in requests] == [(0, 2), (2, 2)]  # type: ignore[arg-type]
    assert [line["type"] for line in told][-2:] == ["refused", "end"]

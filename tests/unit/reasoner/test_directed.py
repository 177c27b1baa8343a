"""What people and budgets say to an attempt between two steps. The clock is a mock: no test waits."""

from typing import Any

import pytest
from trio.testing import MockClock

from chorus_hooks.provider import Model, Tokens
from chorus_hooks.task import Limits
from chorus_reasoner.price import Price
from chorus_reasoner.replay import replay
from chorus_reasoner.transcript import check
from tests.unit.reasoner.fakes import Guide, Person, Say, Scripted, World, bash, call, fault, say

DONE = say("SUBMIT: done")
TOOLS = (Model("able", 32_000, frozenset({"tools"})),)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def test_what_a_person_says_is_in_the_next_request_and_in_all_after_it(world: World) -> None:
    world.direction = Guide([(), ("keep the public names",), ()])
    provider = Scripted("one", [bash("echo a"), bash("echo b"), DONE])
    world.providers = [provider]
    ending = await world.work()
    assert ending.standing == "submitted"
    told = [str(request.messages).count("keep the public names") for request in provider.asked]
    assert told == [0, 1, 1]
    last = provider.asked[1].messages[-1]
    assert last.role == "user"
    observation, _, word = last.text.partition("A person who follows this work says")
    assert "</data" in observation and "<person " in word
    assert world.direction.asked == 3
    assert b"told by a person: keep the public names" in world.report.stderr
    replayed = replay(check(world.transcript(ending)).lines)
    assert (replayed.differs, replayed.end and replayed.end.summary) == (None, "done")


async def test_before_the_first_step_it_follows_the_goal(world: World) -> None:
    world.direction = Guide([("mind the docs", "and the tests")])
    provider = Scripted("one", [DONE])
    world.providers = [provider]
    ending = await world.work()
    system, goal = provider.asked[0].messages
    assert (system.role, goal.role) == ("system", "user")
    assert (
        goal.text.index("make it right") < goal.text.index("mind the docs") < goal.text.index("and the tests")
    )
    assert replay(check(world.transcript(ending)).lines).differs is None


async def test_with_tools_a_person_speaks_as_one(world: World) -> None:
    world.direction = Guide([(), ("mind the docs",)])
    provider = Scripted(
        "one", [call("run", '{"command": "echo a"}'), call("submit", '{"summary": "s"}')], offered=TOOLS
    )
    world.providers = [provider]
    await world.work()
    assert [message.role for message in provider.asked[1].messages] == [
        "system",
        "user",
        "assistant",
        "tool",
        "user",
    ]
    assert "mind the docs" in provider.asked[1].messages[-1].text


async def test_a_secret_in_what_is_said_stays_here(world: World) -> None:
    world.direction = Guide([("the word is hunter22",)])
    provider = Scripted("one", [DONE])
    world.providers = [provider]
    ending = await world.work()
    assert "hunter22" not in str(provider.asked)
    assert b"hunter22" not in b"".join(world.transcript(ending))
    assert replay(check(world.transcript(ending)).lines).differs is None


async def test_who_was_told_something_may_do_the_same_again(world: World) -> None:
    same = bash("echo a")
    world.direction = Guide([(), (), ("once more, please",)])
    world.providers = [Scripted("one", [same, same, same, same, DONE])]
    assert (await world.work()).standing == "submitted"


async def test_every_reply_is_charged_and_a_broken_one_at_once(world: World) -> None:
    world.direction = Guide()
    torn = fault("cut", "the stream broke", after=("Half a thought",))
    lost = fault("invalid", "no such thing")
    world.settings["CHORUS_PRICES"] = {"one": Price(1.0, 2.0)}
    world.providers = [Scripted("one", [bash("echo a"), torn, lost])]
    ending = await world.work()
    assert ending.reason == "model_unavailable"
    whole, broken = world.direction.charged
    assert whole == (110, 120 / 1e6)
    assert broken[0] > 0 and (broken[1] or 0) > 0, "no reply followed it, and it was paid for"


async def test_a_budget_of_cost_asks_only_who_has_a_price(world: World) -> None:
    world.direction = Guide(priced=True)
    world.providers = [Scripted("free", [DONE]), Scripted("priced", [DONE])]
    world.settings["CHORUS_PRICES"] = {"priced": Price(1.0, 1.0)}
    assert (await world.work()).thinking.models == ("priced/scripted",)


async def test_while_every_model_rests_the_task_waits_for_that(world: World) -> None:
    world.direction = Guide()
    world.providers = [Scripted("one", [fault("busy", "slow down", retry_after=20), DONE])]
    assert (await world.work()).standing == "submitted"
    ((reason, why),) = world.direction.waits
    assert (reason, "slow down" in why) == ("rate_limit", True)


async def test_a_wait_ends_before_the_sandbox_does_and_says_so(world: World) -> None:
    world.direction = Guide([(), None])
    provider = Scripted("one", [bash("echo a"), DONE])
    world.providers = [provider]
    ending = await world.work()
    assert (ending.standing, ending.reason) == ("ended", "timeout")
    assert "CHORUS_GOAL_WAIT" in ending.detail
    assert len(provider.asked) == 1
    assert replay(check(world.transcript(ending)).lines).differs is None


async def test_nothing_is_asked_once_the_sandbox_is_to_go(world: World) -> None:
    world.bench.lasts_s = 0.0
    world.providers = [Scripted("one", [DONE])]
    ending = await world.work()
    assert (ending.reason, ending.thinking.steps) == ("timeout", 0)


async def test_a_question_waits_no_longer_than_the_sandbox_lasts(world: World) -> None:
    world.gate = Person(says=True)
    world.settings |= {"CHORUS_APPROVE": "command", "CHORUS_APPROVE_TIMEOUT": 1e6}
    world.bench.lasts_s = 50.0
    world.providers = [Scripted("one", [bash("echo a"), DONE])]
    await world.work()
    assert world.gate.timeouts == [50.0]


async def test_limits_of_the_task_still_end_it(world: World) -> None:
    world.direction = Guide([("hello",)] * 5)
    world.providers = [Scripted("one", [], rest=Say(("hm",), tokens=Tokens(90, 10, told=True)))]
    assert (await world.work(limits=Limits(tokens=50))).reason == "token_limit"

"""Goals that are split: how a model says it, what the parts get, what it is told, and what it costs."""

import pytest

from chorus_hooks.provider import Model, ToolCall
from chorus_hooks.reasoner import Clash, Merged
from chorus_hooks.task import Changes, Limits, Reason, Result, State, Task, TaskDocument, Thinking
from chorus_reasoner.action import Malformed, Part, Split
from chorus_reasoner.event import Parted
from chorus_reasoner.form import parse
from chorus_reasoner.replay import replay
from chorus_reasoner.rules import Rules, Spent, share
from chorus_reasoner.tools import arguments_of, parse_call
from chorus_reasoner.transcript import check
from tests.unit.reasoner.fakes import Parts, Scripted, World, call, say

BLOCK = "I divide it.\n```split\nleft\nmore of it\nVERIFY: test left\n---\nright\n```"
CALL = '{"parts": [{"goal": "left", "verify": ["test left"]}, {"goal": "right"}]}'


def ended(state: State = "succeeded", reason: Reason = "exited", **fields: object) -> Task:
    thinking = Thinking(
        steps=3, prompt_tokens=30, reply_tokens=3, cost=0.5, models=("two/m",), summary="I did it"
    )
    result = Result(reason=reason, thinking=thinking, **fields)  # type: ignore[arg-type]
    return Task(id="a" * 32, document=TaskDocument(), state=state, result=result)


@pytest.fixture
def split(world: World) -> World:
    """A world where the first reply splits a goal in two, and the second submits."""
    world.providers = [Scripted("one", [say(BLOCK), say("SUBMIT: whole")])]
    world.parts = Parts(
        [
            ended(changes=Changes(sha256="c" * 64, added=1, modified=0)),
            ended("failed", "gave_up", detail="no"),
        ]
    )
    return world


def test_a_block_holds_parts_and_what_checks_them() -> None:
    assert parse(BLOCK).action == Split((Part("left\nmore of it", ("test left",)), Part("right")))


def test_a_call_holds_parts_and_what_checks_them() -> None:
    action = parse_call(ToolCall("1", "split", CALL))
    assert action == Split((Part("left", ("test left",)), Part("right")))
    assert isinstance(action, Split)
    assert parse_call(ToolCall("1", "split", arguments_of(action))) == action


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("```split\nalone\n```", "2 to 8 parts, not 1"),
        ("```split\n" + "part\n---\n" * 8 + "part\n```", "not 9"),
        ("```split\nleft\n---\nVERIFY: true\n```", "without a goal"),
        ("```split\nleft\nVERIFY:\n---\nright\n```", "no empty one"),
        ("```split\n" + "x" * 4001 + "\n---\nright\n```", "at most 4000 characters"),
    ],
)
def test_a_split_that_cannot_be_is_told(text: str, fault: str) -> None:
    action = parse(text).action
    assert isinstance(action, Malformed)
    assert fault in action.fault


@pytest.mark.parametrize(
    "arguments", ["{}", '{"parts": 3}', '{"parts": [{"goal": 1}]}', '{"parts": ["left", "right"]}']
)
def test_arguments_that_are_no_parts_are_told(arguments: str) -> None:
    action = parse_call(ToolCall("1", "split", arguments))
    assert isinstance(action, Malformed)
    assert "cannot be read" in action.fault and '"goal"' in action.fault


def test_parts_share_what_is_left_with_the_whole() -> None:
    spent = Spent(steps=5, prompt_tokens=100, cost=1.0)
    rules = Rules(steps=50, tokens=1000, cost=4.0)
    assert share(rules, spent, 301.0, 2) == Limits(steps=15, tokens=300, cost=1.0, timeout_s=100.0)
    assert share(Rules(steps=50), spent, 301.0, 2) == Limits(steps=15, timeout_s=100.0)
    for poor in (Rules(steps=7), Rules(tokens=102), Rules(cost=1.0)):
        assert "too little is left" in str(share(poor, spent, 301.0, 2))
    assert "too little is left" in str(share(rules, spent, 1.0, 2))


def test_what_parts_used_counts() -> None:
    spent = Spent()
    spent.add_parts(Parted("exited", "", steps=3, prompt_tokens=5, reply_tokens=7, cost=0.5, models=("m",)))
    assert (spent.steps, spent.tokens, spent.total_cost(), [*spent.models]) == (3, 12, 0.5, ["m"])
    spent.add_parts(Parted("exited", "", steps=1, cost=None))
    assert spent.total_cost() is None


async def test_the_parts_are_the_whole_but_for_goal_check_and_limits(split: World) -> None:
    assert split.parts is not None
    split.bench.merged = Merged((("left.py",), ()), (Clash(1, "left.py", 0, "-a\n+b"),))
    limits = Limits(steps=50, memory="1g")
    ending = await split.work("both", limits=limits, env={"A": "1"}, protect=("x",), allow_test_changes=False)
    assert (ending.standing, ending.thinking.parts) == ("submitted", ("a" * 32,) * 2)
    assert (ending.thinking.steps, ending.thinking.models) == (2 + 6, ("one/scripted", "two/m"))
    left, right = split.parts.asked
    assert (left.goal, left.verify) == ("left\nmore of it", ("test left",))
    assert (right.goal, right.verify) == ("right", ("python3 -m unittest",))
    for part in (left, right):
        assert (part.env, part.protect, part.allow_test_changes) == ({"A": "1"}, ("x",), False)
        assert (part.limits.steps, part.limits.memory) == (16, "1g")
        assert part.source is not None and part.source.sha256 == "5" * 64
    assert left.idempotency_key != right.idempotency_key
    assert [changes is None for changes in split.bench.given] == [False, True], "what failed gives nothing"
    told = split.providers[0].asked[-1].messages[-1].text
    assert "Part 1: succeeded. It says: I did it\n  merged: left.py" in told
    assert "Part 2: failed (gave_up): no." in told
    assert "not merged: left.py, since part 1 changed it" in told and "    +b" in told


async def test_a_split_replays(split: World) -> None:
    lines = check(split.transcript(await split.work("both")))
    assert lines.ended
    assert (replay(lines.lines).differs, replay(lines.lines).steps) == (None, 8)


async def test_a_bound_that_is_met_is_told_and_the_work_goes_on(split: World) -> None:
    assert split.parts is not None
    split.parts.refuses = "that is too deep"
    ending = await split.work("both")
    assert ending.standing == "submitted"
    told = split.providers[0].asked[-1].messages[-1].text
    assert "split into 2 parts: not done." in told and "that is too deep" in told


@pytest.mark.parametrize("depth", [0, None])
async def test_who_may_not_split_is_not_told_how(split: World, depth: int | None) -> None:
    if depth is None:
        split.parts = None
    else:
        assert split.parts is not None
        split.parts.depth = depth
    ending = await split.work("both")
    assert ending.standing == "submitted"
    first, second = split.providers[0].asked
    assert "split" not in str(first.messages)
    assert "This goal cannot be split" in second.messages[-1].text


async def test_who_may_split_is_told_how_in_both_forms(split: World) -> None:
    await split.work("both")
    assert "```split" in split.providers[0].asked[0].messages[0].text
    able = Scripted(
        "able",
        [call("split", CALL), call("submit", '{"summary": "s"}')],
        offered=(Model("m", 32_000, frozenset({"tools"})),),
    )
    split.providers, split.reasoner = [able], None
    assert (await split.work("both")).standing == "submitted"
    assert "split" in {tool.name for tool in able.asked[0].tools}


async def test_the_same_split_with_the_same_outcome_is_stuck(split: World) -> None:
    split.providers[0].script = [say(BLOCK)] * 3
    ending = await split.work("both", limits=Limits(steps=1000))
    assert ending.reason == "stuck"


async def test_secrets_do_not_reach_the_goal_of_a_part(split: World) -> None:
    assert split.parts is not None
    split.providers[0].script[0] = say("```split\nleft hunter22\n---\nright\n```")
    await split.work("both")
    assert split.parts.asked[0].goal == "left [REDACTED word]"

"""A whole attempt, from the goal to the ending; only the model and the sandbox are played."""

from typing import Any

import pytest
import trio

from chorus_hooks.executor import Assignment
from chorus_hooks.provider import Model, Tokens
from chorus_hooks.reasoner import Observed
from chorus_hooks.task import Limits, TaskDocument
from chorus_reasoner.context import message_tokens, tool_tokens
from chorus_reasoner.event import End
from chorus_reasoner.replay import replay
from chorus_reasoner.transcript import check
from tests.unit.reasoner.fakes import Bench, Person, Say, Scripted, World, bash, call, printed, say

TOOLS = (Model("able", 32_000, frozenset({"tools"})),)


async def test_a_goal_is_worked_on_until_the_model_submits(world: World) -> None:
    world.bench.files["a.py"] = b"wrong\n"
    provider = Scripted(
        "one", [bash("cat a.py"), say("```file a.py\nright\n```"), say("SUBMIT: made it right")]
    )
    world.providers = [provider]
    ending = await world.work()
    assert (ending.standing, ending.thinking.summary) == ("submitted", "made it right")
    assert world.bench.files == {"a.py": b"right\n"}
    assert (ending.thinking.steps, ending.thinking.models) == (3, ("one/scripted",))
    assert (ending.thinking.prompt_tokens, ending.thinking.reply_tokens) == (300, 30)
    system, goal, *turns = provider.asked[-1].messages
    assert (system.role, goal.role) == ("system", "user")
    assert "make it right" in goal.text and "python3 -m unittest" in goal.text
    assert [turn.role for turn in turns] == ["assistant", "user"] * 2
    assert "Exit code 0" in turns[1].text and "wrong" in turns[1].text


async def test_a_model_with_tools_is_asked_by_tools(world: World) -> None:
    world.bench.files["a.py"] = b"x = 1\ny = 1\n"
    provider = Scripted(
        "one",
        [
            call("run", '{"command": "cat a.py"}'),
            call("edit", '{"path": "a.py", "old": "y = 1", "new": "y = 2"}'),
            call("write", '{"path": "b.py", "content": "pass\\n"}'),
            call("submit", '{"summary": "y is two"}'),
        ],
        offered=TOOLS,
    )
    world.providers = [provider]
    ending = await world.work()
    assert (ending.standing, ending.thinking.summary) == ("submitted", "y is two")
    assert world.bench.files == {"a.py": b"x = 1\ny = 2\n", "b.py": b"pass\n"}
    assert {tool.name for tool in provider.asked[0].tools} == {"run", "write", "edit", "submit", "give_up"}
    turns = provider.asked[-1].messages[2:]
    assert [turn.role for turn in turns] == ["assistant", "tool"] * 3
    assert all(
        answer.call_id == asked.calls[0].id for asked, answer in zip(turns[::2], turns[1::2], strict=True)
    )


async def test_people_hear_the_model_and_see_what_is_done(world: World) -> None:
    world.providers = [
        Scripted("one", [Say(("I lo", "ok.\n```bash\necho \x1b[2Jhi\n```")), say("SUBMIT: ok")])
    ]
    await world.work()
    assert bytes(world.report.stdout).decode() == "I look.\n```bash\necho hi\n```\nSUBMIT: ok\n"
    told = bytes(world.report.stderr).decode().splitlines()
    assert told[0].startswith("[1] $ echo") and told[1] == "[1] exit 0, 0.5 s"
    assert "\x1b" not in "".join(told)
    assert world.report.phases == [
        ("thinking", "step 1: one/scripted"),
        ("acting", "step 1"),
        ("thinking", "step 2: one/scripted"),
    ]


async def test_secrets_reach_no_provider_and_stay_in_no_transcript(world: World) -> None:
    world.bench.files["env"] = b"PASSWORD=hunter22\n"
    provider = Scripted("one", [bash("cat env"), bash("echo hunter22"), say("SUBMIT: it was hunter22")])
    world.providers = [provider]
    ending = await world.work("use hunter22")
    assert ending.standing == "submitted"
    sent = [message.text for request in provider.asked for message in request.messages]
    assert any("PASSWORD=[REDACTED word]" in text for text in sent)
    assert not any("hunter22" in text for text in sent)
    assert b"hunter22" not in b"".join(world.transcript(ending))
    assert "hunter22" not in ending.thinking.summary
    assert world.bench.lines == ["cat env", "echo hunter22"]


async def test_the_transcript_is_whole_and_replays_without_a_model(world: World) -> None:
    world.bench.files["a.py"] = b"x = 1\n"
    world.providers = [
        Scripted(
            "one",
            [bash("cat a.py"), say("hm"), say("```file a.py\nx = 2\n```"), bash("ls"), say("SUBMIT: two")],
        )
    ]
    ending = await world.work()
    checked = check(world.transcript(ending))
    assert checked.ended
    begin = checked.lines[0]
    assert (begin["role"], begin["task"], len(begin["prompt_sha256"])) == ("developer", "t1", 64)
    replayed = replay(checked.lines)
    assert (replayed.differs, replayed.steps) == (None, 5)
    assert replayed.end == End(None, summary="two")


async def test_a_replay_tells_what_came_out_otherwise(world: World) -> None:
    world.providers = [Scripted("one", [bash("echo 1"), say("SUBMIT: done")])]
    lines = check(world.transcript(await world.work())).lines
    for index, record in enumerate(lines):
        if record["type"] == "event" and record["event"]["type"] == "seen":
            record["event"]["text"] = "something else"
            assert replay(lines).differs == index + 1  # the next request would have been another
        if record["type"] == "effect":
            changed = {**record, "effect": {"type": "run", "command": "rm -rf ."}}
            assert replay([*lines[:index], changed, *lines[index + 1 :]]).differs == index
    with pytest.raises(ValueError, match="does not begin"):
        replay(lines[1:])


async def test_a_lost_sandbox_is_its_own_ending_and_keeps_the_transcript(world: World) -> None:
    world.providers = [Scripted("one", [bash("ls")])]
    world.bench.gone = True
    ending = await world.work()
    assert (ending.standing, ending.reason) == ("ended", "sandbox_lost")
    assert check(world.transcript(ending)).ended


async def test_the_time_for_commands_is_a_limit(world: World) -> None:
    world.bench.left_s = 30.0
    world.providers = [Scripted("one", [bash("sleep 1000"), say("SUBMIT: done")])]
    ending = await world.work()
    assert (ending.standing, ending.reason) == ("ended", "timeout")
    assert len(world.providers[0].asked) == 1


async def test_it_says_before_it_begins_that_it_cannot(world: World) -> None:
    def goal(**fields: Any) -> Assignment:
        return Assignment("t1", 1, TaskDocument(kind="goal", goal="g", verify=("v",), **fields))

    world.providers = [Scripted("one", [])]
    assert await world.made().ready(goal()) is None
    assert await world.made().ready(goal(model="one/scripted")) is None
    for fields, why in (({"role": "nobody"}, "no role nobody"), ({"model": "other"}, "other is not offered")):
        unable = await world.made().ready(goal(**fields))
        assert unable is not None and unable.reason == "model_unavailable"
        assert why in unable.detail
    assert world.providers[0].asked == []


@pytest.mark.parametrize("tokens", [2600, 3000])
async def test_a_request_and_its_reply_fit_into_the_tokens_that_are_left(world: World, tokens: int) -> None:
    used = Tokens(1000, 100, told=True)
    world.providers = [Scripted("one", [], rest=Say(("```bash\nls\n```",), tokens=used))]
    ending = await world.work(limits=Limits(tokens=tokens))
    asked = world.providers[0].asked
    assert (ending.reason, bool(asked)) == ("token_limit", True)
    for number, request in enumerate(asked):
        prompt = sum(map(message_tokens, request.messages)) + tool_tokens(request.tools)
        assert prompt + (request.max_tokens or 0) <= tokens - 1100 * number
    assert "--tokens" in ending.detail
    assert replay(check(world.transcript(ending)).lines).differs is None


async def test_nothing_is_asked_where_not_even_a_small_reply_fits(world: World) -> None:
    world.providers = [Scripted("one", [say("SUBMIT: x")])]
    ending = await world.work(limits=Limits(tokens=300))
    assert (ending.reason, world.providers[0].asked) == ("token_limit", [])


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([say("hm")] * 3, "no_action"),
        ([bash("echo same")] * 3, "stuck"),
        ([say("GIVE UP: cannot")], "gave_up"),
        ([bash("echo 1"), bash("echo 2")], "step_limit"),
    ],
)
async def test_every_ending_says_why(world: World, script: list[Say], reason: str) -> None:
    world.providers = [Scripted("one", script)]
    ending = await world.work(limits=Limits(steps=3 if reason != "step_limit" else 2))
    assert (ending.standing, ending.reason) == ("ended", reason)
    assert ending.detail


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"path": "no", "old": "a", "new": "b"}', "cannot be read"),
        ('{"path": "a", "old": "c", "new": "b"}', "does not occur"),
        ('{"path": "a", "old": "x", "new": "b"}', "occurs 2 times"),
        ('{"path": "a", "old": "", "new": "b"}', "is empty"),
        ('{"path": "binary", "old": "a", "new": "b"}', "no UTF-8"),
        ('{"path": "../out", "old": "a", "new": "b"}', "cannot be read"),
    ],
)
async def test_an_edit_that_does_not_apply_changes_nothing(world: World, arguments: str, told: str) -> None:
    world.bench.files = {"a": b"x x", "binary": b"\xff"}
    provider = Scripted("one", [call("edit", arguments), say("SUBMIT")], offered=TOOLS)
    world.providers = [provider]
    await world.work()
    assert told in provider.asked[1].messages[-1].text
    assert world.bench.files == {"a": b"x x", "binary": b"\xff"}


async def test_a_write_outside_of_the_workspace_is_refused_and_told(world: World) -> None:
    provider = Scripted("one", [say("```file /etc/passwd\nx\n```"), say("SUBMIT")])
    world.providers = [provider]
    await world.work()
    assert "outside of the workspace" in provider.asked[1].messages[-1].text


async def test_long_and_binary_output_reaches_the_model_bounded(world: World) -> None:
    world.bench.commands["flood"] = lambda bench: printed(b"\xff\x00" * 100_000)
    provider = Scripted("one", [bash("flood"), say("SUBMIT")], offered=(Model("big", 1_000_000),))
    world.providers = [provider]
    await world.work()
    assert len(provider.asked[1].messages[-1].text) < 10_500


async def test_half_a_character_in_a_reply_breaks_nothing(world: World) -> None:
    world.providers = [
        Scripted("one", [say("\ud800 ```"), call("run", '{"command": "\ud800"}'), say("SUBMIT")])
    ]
    ending = await world.work()
    assert ending.standing == "submitted"
    assert check(world.transcript(ending)).ended


async def test_when_the_store_is_full_the_ending_stands(world: World) -> None:
    world.blobs.full = True
    world.providers = [Scripted("one", [say("SUBMIT: done")])]
    ending = await world.work()
    assert (ending.standing, ending.thinking.transcript) == ("submitted", None)


async def test_cancelling_hangs_up_and_leaves_nothing(world: World) -> None:
    provider = Scripted("one", [Say(("I begin",), silent=True)])
    world.providers = [provider]
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.work)
            while not world.report.stdout:
                await trio.lowlevel.checkpoint()
            assert provider.open == 1
            assert list(world.scratch.iterdir())
            nursery.cancel_scope.cancel()
    assert provider.open == 0
    assert list(world.scratch.iterdir()) == []


async def test_every_line_is_on_the_disk_before_the_model_is_asked_again(world: World) -> None:
    provider = Scripted("one", [bash("echo 1"), Say((), silent=True)])
    world.providers = [provider]
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.work)
            while len(provider.asked) < 2:
                await trio.lowlevel.checkpoint()
            (file,) = world.scratch.iterdir()
            kept = check(file.read_bytes().splitlines(keepends=True)).lines
            nursery.cancel_scope.cancel()
    assert [line["type"] for line in kept] == ["begin", "ask", "event", "effect", "event", "ask"]


async def test_what_is_done_is_on_the_disk_before_it_is_done(world: World) -> None:
    kept: list[str] = []

    def look(bench: Bench) -> Observed:
        (file,) = world.scratch.iterdir()
        lines = check(file.read_bytes().splitlines(keepends=True)).lines
        kept.extend(line["type"] for line in lines)
        return printed(b"")

    world.bench.commands["look"] = look
    world.providers = [Scripted("one", [bash("look"), say("SUBMIT")])]
    await world.work()
    assert kept == ["begin", "ask", "event", "effect"]


async def test_an_unknown_role_is_told_with_those_there_are(world: World) -> None:
    ending = await world.work(role="king")
    assert ending.standing == "ended"
    assert "no role king" in ending.detail and "developer" in ending.detail


async def test_what_is_done_was_approved(world: World) -> None:
    world.settings = {"CHORUS_APPROVE": "command"}
    world.gate = Person(True)
    world.providers = [Scripted("one", [bash("echo hi"), say("```file a\nb\n```"), say("SUBMIT: ok")])]
    ending = await world.work()
    assert ending.standing == "submitted"
    asked = [(question.subject, question.text) for question in world.gate.asked]
    assert asked == [("command", "echo hi"), ("write", "write a:\nb\n")]
    assert replay(check(world.transcript(ending)).lines).differs is None


async def test_what_was_not_approved_is_not_done(world: World) -> None:
    world.settings = {"CHORUS_APPROVE": "plan"}
    world.gate = Person(False)
    provider = Scripted("one", [bash("echo hi")])
    world.providers = [provider]
    ending = await world.work()
    assert (ending.reason, ending.detail) == ("denied", "me did not approve the plan")
    assert world.bench.lines == []
    assert "reply with your plan" in provider.asked[0].messages[1].text


async def test_without_anybody_to_ask_nothing_is_done(world: World) -> None:
    world.settings = {"CHORUS_APPROVE": "command"}
    world.providers = [Scripted("one", [bash("echo hi")])]
    ending = await world.work()
    assert (ending.reason, world.bench.lines) == ("denied", [])

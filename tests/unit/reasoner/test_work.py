"""A whole attempt, from the goal to the ending, with everything real but the model, the sandbox and the disk."""

from pathlib import Path

import pytest
import trio

from chorus_hooks.provider import Model, ToolCall
from chorus_hooks.task import Limits
from chorus_reasoner.transcript import check
from tests.unit.reasoner.fakes import Say, Scripted, World, bash, call, printed, say

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
    assert all(answer.call_id == asked.calls[0].id for asked, answer in zip(turns[::2], turns[1::2], strict=True))

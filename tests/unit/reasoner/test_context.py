"""A conversation of any length fits any window that holds its goal, and stays a conversation."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus_hooks.provider import Message, ToolCall
from chorus_reasoner.action import Run, Write
from chorus_reasoner.context import KEPT, fit, least, message_tokens, tool_tokens
from chorus_reasoner.talk import Form, Talk, Turn
from chorus_reasoner.tools import TOOLS

LONG = st.builds(lambda text, times: text * times, st.text(max_size=30), st.integers(0, 400))
TURNS = st.one_of(
    st.builds(Turn, said=LONG, call=st.none(), action=st.builds(Run, LONG), seen=LONG),
    st.builds(
        Turn,
        said=LONG,
        call=st.builds(ToolCall, st.just("c"), st.just("write"), LONG),
        action=st.one_of(st.none(), st.builds(Write, st.text(max_size=20), LONG)),
        seen=LONG,
    ),
)
TALKS = st.builds(
    Talk,
    prompt=st.text(max_size=200),
    goal=st.text(min_size=1, max_size=300),
    turns=st.lists(TURNS).map(tuple),
)
FORMS: st.SearchStrategy[Form] = st.sampled_from(["tools", "text"])


def total(messages: tuple[Message, ...], how: Form) -> int:
    return sum(map(message_tokens, messages)) + (tool_tokens(TOOLS) if how == "tools" else 0)


@settings(deadline=None)
@given(TALKS, FORMS, st.integers(0, 30_000))
def test_it_fits_keeps_the_goal_and_answers_every_call(talk: Talk, how: Form, most: int) -> None:
    messages = fit(talk, how, most)
    if messages is None:
        assert most < least(talk, how)
        return
    assert total(messages, how) <= most
    system, goal, *turns = messages
    assert (system.role, goal.role) == ("system", "user")
    assert talk.prompt.rstrip() in system.text and talk.goal in goal.text
    for asked, answered in zip(turns[::2], turns[1::2], strict=True):
        assert asked.role == "assistant"
        assert [call.id for call in asked.calls] == ([answered.call_id] if asked.calls else [])
        assert answered.role == ("tool" if asked.calls else "user")
        for call in asked.calls:
            assert isinstance(msgspec.json.decode(call.arguments), dict)


@given(TALKS, FORMS)
def test_nothing_is_shortened_where_there_is_room(talk: Talk, how: Form) -> None:
    messages = fit(talk, how, 10_000_000)
    assert messages is not None
    assert len(messages) == 2 + 2 * len(talk.turns)
    assert all(turn.seen == message.text for turn, message in zip(talk.turns, messages[3::2], strict=True))


def turn(number: int, size: int) -> Turn:
    return Turn(f"thought {number}", None, Run(f"step{number}"), f"outcome {number} " + "x" * size)


def test_old_outcomes_are_shortened_before_any_reply_is_lost() -> None:
    talk = Talk("prompt", "goal", tuple(turn(number, 3000) for number in range(10)))
    messages = fit(talk, "text", least(talk, "text") + 6000)
    assert messages is not None
    assert [message.text for message in messages[2::2]] == [f"thought {number}" for number in range(10)]
    seen = [message.text for message in messages[3::2]]
    assert "characters left out" in seen[0]
    assert seen[-KEPT:] == [turn.seen for turn in talk.turns[-KEPT:]]


def test_old_turns_go_before_the_last_ones_are_touched_and_it_is_said() -> None:
    talk = Talk("prompt", "goal", tuple(turn(number, 1000) for number in range(50)))
    messages = fit(talk, "text", least(talk, "text") + 1200)
    assert messages is not None
    kept = len(messages[2::2])
    assert kept >= KEPT
    assert f"[{50 - kept} earlier steps are left out here]" in messages[1].text
    assert messages[-1].text == talk.turns[-1].seen


def test_a_model_without_tools_goes_on_where_one_with_tools_stopped() -> None:
    call = ToolCall("1", "run", '{"command": "ls"}')
    talk = Talk("prompt", "goal", (Turn("I look.", call, Run("ls"), "a.py"),))
    messages = fit(talk, "text", 5000)
    assert messages is not None
    assert messages[2].text == "I look.\n\n````bash\nls\n````"
    assert (messages[2].calls, messages[3].role) == ((), "user")


def test_a_last_turn_of_any_size_is_there_in_part() -> None:
    huge = Turn("y" * 50_000, None, Run("ls"), "z" * 50_000)
    talk = Talk("prompt", "goal", (turn(0, 1000), turn(1, 1000), huge))
    messages = fit(talk, "text", least(talk, "text") + 400)
    assert messages is not None
    assert messages[-2].text.startswith("yyy") and "characters left out" in messages[-2].text
    assert messages[-1].text.startswith("zzz") and "characters left out" in messages[-1].text


def test_of_the_last_turns_the_very_last_stays_longest() -> None:
    talk = Talk("prompt", "goal", tuple(turn(number, 1000) for number in range(4)))
    messages = fit(talk, "text", least(talk, "text") + 300)
    assert messages is not None
    assert [message.text for message in messages[2::2]] == ["thought 3"]

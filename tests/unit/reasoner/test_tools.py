"""Tool calls: what models send in their arguments, right and wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.provider import ToolCall
from chorus_reasoner.action import Action, Edit, GiveUp, Malformed, Run, Submit, Write
from chorus_reasoner.tools import arguments_of, parse_call


def parsed(name: str, arguments: str) -> Action | Malformed:
    return parse_call(ToolCall("1", name, arguments))


def test_arguments_more_than_needed_are_let_go() -> None:
    assert parsed("run", '{"command": "ls", "timeout": 3}') == Run("ls")


@pytest.mark.parametrize(
    ("name", "arguments", "fault"),
    [
        ("rm", "{}", "There is no tool 'rm'"),
        ("run", "", "no JSON object"),
        ("run", '{"command": "l', "no JSON object"),
        ("run", '["ls"]', "no JSON object"),
        ("run", '{"a":' * 100_000, "no JSON object"),
        ("run", '{"command": 3}', "needs command"),
        ("run", '{"command": " "}', "empty"),
        ("edit", '{"path": "a"}', "needs old and new"),
        ("run", '{"command": "\\ud800"}', ""),
    ],
)
def test_a_call_that_says_nothing_is_told(name: str, arguments: str, fault: str) -> None:
    action = parsed(name, arguments)
    assert isinstance(action, Malformed)
    assert fault in action.fault


ACTIONS = st.one_of(
    st.builds(Run, st.text(min_size=1).filter(str.strip)),
    st.builds(Write, st.text(), st.text()),
    st.builds(Edit, st.text(), st.text(), st.text()),
    st.builds(Submit, st.text()),
    st.builds(GiveUp, st.text(min_size=1)),
)


@given(ACTIONS)
def test_arguments_say_the_action_that_they_came_from(action: Action) -> None:
    name = str(action.__struct_config__.tag)
    assert parsed(name, arguments_of(action)) == action


@given(st.text(), st.text())
def test_no_call_breaks_it(name: str, arguments: str) -> None:
    assert parsed(name, arguments) is not None

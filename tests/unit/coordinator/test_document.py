"""Every rule of a task document, broken one at a time."""

from typing import Any

import msgspec
import pytest

from chorus_coordinator.document import check, faults_of
from chorus_hooks.errors import UsageError
from chorus_hooks.task import Limits, Source, TaskDocument

GOOD = TaskDocument(
    title="unit tests",
    commands=("make check", ("python3", "-m", "pytest")),
    verify=("make test",),
    protect=("tests/**", "/conftest.py", "[ab].py", "!x"),
    source=Source(sha256="ab" * 32),
    language="c++",
    image="localhost:5000/python:3.12-slim@sha256:" + "0" * 64,
    workdir="src/a",
    env={"PATH_1": "x", "EMPTY": ""},
    requires=("memory", "sandbox:docker"),
    limits=Limits(timeout_s=0.5, memory="2g", cpus=0.5, pids=1, disk="768m", output="10m"),
    project="chorus.core-1",
    task="t-1",
    idempotency_key="k 1",
    priority=-100,
)

BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"commands": ()}, "no command"),
    ({"commands": ("  ",)}, "command 1 is an empty line"),
    ({"commands": ("true", ())}, "command 2 names no program"),
    ({"commands": (("", "x"),)}, "command 1 names no program"),
    ({"commands": ("a\0b",)}, "commands contains a NUL"),
    ({"commands": ("\udcff",)}, "commands contains bytes that are not UTF-8"),
    ({"commands": ("true",) * 65}, "65 commands, more than 64"),
    ({"verify": ("",)}, "verify command 1 is an empty line"),
    ({"protect": ("",)}, "protect has an empty glob"),
    ({"protect": ("../x",)}, "leaves the workspace"),
    ({"protect": ("[a",)}, "never closed"),
    ({"protect": ("x" * 1025,)}, "1025 characters"),
    ({"outputs": ("a/../../b",)}, "outputs has 'a/../../b'"),
    ({"outputs": ("x",) * 129}, "129 globs"),
    ({"project": "Default"}, "project 'Default' is no name"),
    ({"project": ""}, "project '' is no name"),
    ({"project": "a" * 65}, "is no name"),
    ({"task": "-x"}, "task '-x' is no name"),
    ({"title": "x" * 201}, "title is longer"),
    ({"title": "a\x1b[31mb"}, "title is longer than 200 characters or holds control"),
    ({"idempotency_key": ""}, "idempotency_key"),
    ({"idempotency_key": "k" * 201}, "idempotency_key"),
    ({"language": "Py thon"}, "no language name"),
    ({"image": "-evil"}, "no image reference"),
    ({"image": "a b"}, "no image reference"),
    ({"source": Source(sha256="AB" * 32)}, "64 lower-case hex digits"),
    ({"workdir": "/etc"}, "no path inside the source"),
    ({"workdir": "a/../.."}, "no path inside the source"),
    ({"workdir": ""}, "no path inside the source"),
    ({"env": {"A B": "x"}}, "'A B', which is no variable name"),
    ({"env": {"1A": "x"}}, "no variable name"),
    ({"env": {"A": "x\0"}}, "env contains a NUL"),
    ({"env": {f"A{n}": "" for n in range(257)}}, "257 variables"),
    ({"requires": ("gpu",)}, "neither a limit"),
    ({"requires": ("sandbox:",)}, "neither a limit"),
    ({"limits": Limits(timeout_s=0)}, "limits.timeout_s is 0"),
    ({"limits": Limits(timeout_s=float("nan"))}, "limits.timeout_s is nan"),
    ({"limits": Limits(timeout_s=float("inf"))}, "limits.timeout_s is inf"),
    ({"limits": Limits(cpus=-1)}, "limits.cpus is -1"),
    ({"limits": Limits(pids=0)}, "limits.pids is 0"),
    ({"limits": Limits(memory="lots")}, "limits.memory is 'lots', not a size"),
    ({"limits": Limits(memory="1k")}, "limits.memory is 1k, not between"),
    ({"limits": Limits(disk="9999t")}, "limits.disk is 9999t, not between"),
    ({"limits": Limits(output="0")}, "limits.output is 0, not between"),
    ({"limits": Limits(output="9" * 400)}, "limits.output is"),
    ({"priority": -101}, "priority is -101, not between -100 and 100"),
    ({"priority": 101}, "priority is 101"),
    ({"commands": ("x" * 70_000,)}, "bytes as JSON"),
]


def test_a_good_document_breaks_no_rule() -> None:
    check(GOOD)


@pytest.mark.parametrize(("fields", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_a_broken_rule_is_told_alone(fields: dict[str, Any], said: str) -> None:
    faults = list(faults_of(msgspec.structs.replace(GOOD, **fields)))
    assert len(faults) == 1
    assert said in faults[0]


GOAL = TaskDocument(kind="goal", goal="make the tests pass\nand keep them", verify=("make test",))

BROKEN_GOALS: list[tuple[dict[str, Any], str]] = [
    ({"goal": None}, "it has no goal"),
    ({"goal": " \n"}, "it has no goal"),
    ({"commands": ("true",)}, "a goal and commands"),
    ({"verify": ()}, "needs a `verify` command"),
    ({"role": "No Name"}, "role 'No Name' is no name"),
    ({"model": "a b"}, "model 'a b' is no model's name"),
    ({"agent": " "}, "agent is an empty line"),
    ({"agent": ("", "x")}, "agent names no program"),
    ({"limits": Limits(steps=0)}, "limits.steps is 0"),
    ({"limits": Limits(tokens=0)}, "limits.tokens is 0"),
    ({"limits": Limits(cost=-1.0)}, "limits.cost is -1.0"),
    ({"limits": Limits(cost=float("inf"))}, "limits.cost is inf"),
]


@pytest.mark.parametrize(("fields", "said"), BROKEN_GOALS, ids=[said for _, said in BROKEN_GOALS])
def test_a_broken_rule_of_a_goal_is_told_alone(fields: dict[str, Any], said: str) -> None:
    assert list(faults_of(GOAL)) == []
    faults = list(faults_of(msgspec.structs.replace(GOAL, **fields)))
    assert len(faults) == 1
    assert said in faults[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"goal": "more"},
        {"role": "developer"},
        {"model": "big"},
        {"agent": "my-agent"},
        {"allow_test_changes": True},
        {"limits": Limits(steps=3)},
        {"limits": Limits(tokens=3)},
        {"limits": Limits(cost=3.0)},
    ],
)
def test_what_belongs_to_goals_is_refused_of_commands(fields: dict[str, Any]) -> None:
    (fault,) = faults_of(msgspec.structs.replace(GOOD, **fields))
    assert "is for tasks of the kind `goal`" in fault


def test_all_broken_rules_are_told_at_once() -> None:
    broken = msgspec.structs.replace(GOOD, commands=(), project="X", env={"-": ""})
    with pytest.raises(UsageError, match=r"no command; project 'X' is no name.*; env has '-'"):
        check(broken)


def test_an_unknown_field_and_a_wrong_type_do_not_decode() -> None:
    for raw in (b'{"commands":["true"],"nope":1}', b'{"commands":[1]}', b'{"limits":{"cpus":"many"}}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(raw, type=TaskDocument)

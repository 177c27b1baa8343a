"""What `chorus run` and `chorus task` say, and the exit codes they give."""

from pathlib import Path

import msgspec
import pytest

from chorus_coordinator.cli.request import environment, limits, workdir
from chorus_coordinator.cli.summary import show, summary
from chorus_coordinator.cli.text import command_line, cut, plain, seconds, size, table
from chorus_coordinator.cli.verdict import exit_code, verdict
from chorus_hooks.errors import UsageError
from chorus_hooks.journal import Checkpoint
from chorus_hooks.task import Artifact, Changes, Result, Step, Task, TaskDocument, Usage
from chorus_hooks.task_json import task_json

CHECKPOINT = Checkpoint(origin="chorus/12D3KooWtest/00ff", size=17, root=bytes(32), note="")


def ended(**fields: object) -> Task:
    result = msgspec.convert({"reason": "exited", "exit_code": 0, **fields}, Result)
    return Task(
        id="0123456789abcdef" * 2,
        document=TaskDocument(commands=(("make", "check it"),)),
        state="succeeded" if fields.get("exit_code", 0) == 0 else "failed",
        result=result,
    )


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({}, 0, "succeeded in 0.00 s"),
        ({"exit_code": 3}, 3, "failed: exited with 3 in 0.00 s"),
        ({"exit_code": 127}, 127, "failed: exited with 127"),
        ({"reason": "timeout", "exit_code": None, "detail": "limit of 1 s"}, 124, "time limit: limit of 1 s"),
        ({"reason": "oom", "exit_code": None}, 137, "memory limit"),
        ({"reason": "output_limit", "exit_code": None}, 137, "output limit"),
        ({"reason": "disk_limit", "exit_code": 1}, 137, "disk limit"),
        ({"reason": "verify_failed"}, 1, "passed, but verify failed"),
        ({"reason": "cancelled", "exit_code": None}, 143, "cancelled"),
        ({"reason": "sandbox_unavailable", "exit_code": None}, 125, "no sandbox can take it"),
        ({"reason": "sandbox_lost", "exit_code": None}, 125, "sandbox went away"),
        ({"reason": "source_missing", "exit_code": None}, 125, "source is missing"),
        ({"reason": "artifacts_refused"}, 125, "refused"),
        ({"reason": "interrupted", "exit_code": None}, 125, "interrupted"),
    ],
)
def test_every_reason_has_a_code_and_words(fields: dict[str, object], code: int, said: str) -> None:
    task = ended(**fields)
    assert exit_code(task) == code
    assert said in verdict(task)


def test_a_task_without_a_result_is_ours_to_answer_for() -> None:
    assert exit_code(Task(id="0" * 32, document=TaskDocument(), state="waiting")) == 125


def test_the_summary_tells_what_ran_where_and_what_it_left() -> None:
    task = ended(
        steps=[
            Step(action=("make", "check it"), exit_code=0, reason="exited", wall_s=1.25),
            Step(action="make test", exit_code=None, reason="timeout", wall_s=61, verify=True),
        ],
        sandbox="bwrap",
        chosen="bwrap: no engine answers",
        unlimited=["memory", "cpus"],
        language="python",
        language_why="pyproject.toml",
        usage=Usage(wall_s=62.25, cpu_s=0.5, peak_memory=1_300_000, output_bytes=812),
        artifacts=[Artifact(path="report.xml", size=4200, sha256="ab" * 32)],
        changes=Changes(sha256="cd" * 32, added=2, modified=1, deleted=("x",)),
        dropped=["link: is a link"],
    )
    lines = "\n".join(summary(task, CHECKPOINT, delivered="out"))
    for said in (
        "0123456789ab  make 'check it'",
        "ran        make 'check it'",
        "verified   make test",
        "exit 0      1.25 s",
        "timeout   1 min 01 s",
        "bwrap: no engine answers",
        "does not limit memory, cpus",
        "python: pyproject.toml",
        "1 min 02 s, 0.50 s of cpu, 1.3 MB of memory at most, 812 B of output",
        "abababababab   4.2 kB  report.xml",
        "written to out",
        "+2 ~1 -1  (chorus task diff 0123456789ab)",
        "link: is a link",
        "journal of 17 entries, root AAAAAAAAAAAAAAAA…, by 12D3KooW…",
    ):
        assert said in lines


def test_nothing_from_a_task_reaches_the_terminal_as_control() -> None:
    evil = "\x1b]0;owned\x07\r\n\x9b31m\u202e"
    task = ended(
        steps=[Step(action=evil, exit_code=0, reason="exited", wall_s=0)],
        artifacts=[Artifact(path=evil, size=0, sha256="ab" * 32)],
        dropped=[evil],
        detail=evil,
        chosen=evil,
        sandbox="bwrap",
        image=evil,
    )
    task = msgspec.structs.replace(task, document=TaskDocument(title=evil, commands=(evil,), env={"A": evil}))
    told = "".join(summary(task)) + show(task).replace("\n", "") + verdict(ended(reason="oom", detail=evil))
    assert told.isprintable()


def test_long_lists_are_cut_and_counted() -> None:
    many = [Artifact(path=f"f{n}", size=1, sha256="ab" * 32) for n in range(30)]
    lines = summary(ended(artifacts=many, dropped=[str(n) for n in range(30)]))
    assert sum("and 18 more" in line for line in lines) == 2


def test_the_json_holds_the_document_beside_id_state_and_result() -> None:
    task = ended()
    document = task_json(task)
    assert document["commands"] == (("make", "check it"),)
    assert (document["id"], document["state"]) == (task.id, "succeeded")
    assert document["result"]["reason"] == "exited"
    assert "document" not in document


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (123_456, "123 kB"),
        (999_999, "1.0 MB"),
        (5 * 10**12, "5.0 TB"),
    ],
)
def test_sizes_read_well(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.004, "0.00 s"), (9.994, "9.99 s"), (59.94, "59.9 s"), (65, "1 min 05 s")]
)
def test_durations_read_well(value: float, text: str) -> None:
    assert seconds(value) == text


def test_words_are_cut_quoted_and_aligned() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
    assert command_line(("echo", "a b")) == "echo 'a b'"
    assert plain("a\tb\udcff") == "a\\tb\\udcff"
    assert table([("a", "bbb"), ("aa", "b")]) == ["a   bbb", "aa  b"]


def test_options_win_over_env_files_and_names_take_the_outer_value(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_bytes(b"\xef\xbb\xbf# c\r\nA=1\r\n\r\nB= two \r\nOUTER\n")
    env = environment([file], ["A=9", "C=x=y", "D="], {"OUTER": "o"})
    assert env == {"A": "9", "B": " two ", "OUTER": "o", "C": "x=y", "D": ""}


def test_an_env_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "env"
    for raw, said in (
        (b"A=\xff", "not UTF-8"),
        (b"=x", "line 1 of .* names no variable"),
        (b"MISSING", "MISSING is not set"),
    ):
        file.write_bytes(raw)
        with pytest.raises(UsageError, match=said):
            environment([file], [], {})
    file.write_bytes(b"A=" + b"x" * (1 << 20))
    with pytest.raises(UsageError, match="more than"):
        environment([file], [], {})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (".", "."),
        ("src", "src"),
        ("/workspace/data", "."),
        ("/workspace/data/src", "src"),
        ("/workspace/database", "/workspace/database"),
        ("/etc", "/etc"),
    ],
)
def test_a_working_directory_may_be_written_as_docker_does(given: str, kept: str) -> None:
    assert workdir(given) == kept


def test_a_timeout_may_be_a_duration() -> None:
    given = limits(timeout="2m", memory="2g", cpus=None, pids=None, disk=None, output=None)
    assert given.timeout_s == 120
    with pytest.raises(UsageError, match="--timeout: 'x' is not a duration"):
        limits(timeout="x", memory=None, cpus=None, pids=None, disk=None, output=None)

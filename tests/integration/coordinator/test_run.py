"""`chorus run` by the real program, in a real sandbox."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.integration.coordinator.program import Program, processes_with, wait_for

pytestmark = pytest.mark.bwrap


@pytest.fixture
def chorus(tmp_path: Path) -> Program:
    return Program(tmp_path / "state")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "check.sh").write_text("grep -q good data.txt\n")
    (folder / "data.txt").write_text("bad\n")
    return folder


def last_line(raw: bytes) -> str:
    return raw.decode().rstrip("\n").rpartition("\n")[2]


def test_streams_and_exit_code_are_the_commands_own(chorus: Program) -> None:
    done = chorus.run("run", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, b"out\n")
    assert b"err\n" in done.stderr
    assert last_line(done.stderr).startswith("chorus: failed: exited with 7 in ")


def test_quiet_says_nothing_but_what_the_command_says(chorus: Program) -> None:
    done = chorus.run("-q", "run", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"out\n", b"err\n")


def test_json_is_one_document_and_the_output_goes_to_stderr(chorus: Program) -> None:
    done = chorus.run(
        "run", "--json", "--name", "greeting", "-e", "WHO=you", "--", "sh", "-c", "echo hi $WHO"
    )
    task = json.loads(done.stdout)
    assert b"hi you\n" in done.stderr
    assert (task["title"], task["state"], task["env"]) == ("greeting", "succeeded", {"WHO": "you"})
    assert task["result"]["reason"] == "exited"
    assert chorus.json("task", "show", task["id"][:10]) == task


@pytest.mark.parametrize(
    ("line", "options", "code", "reason"),
    [
        ("nosuchprogram", (), 127, "exited with 127"),
        ("/workspace/input", (), 126, "exited with 126"),
        ("sleep 60", ("--timeout", "500ms"), 124, "killed by its time limit"),
        ("yes", ("--max-output", "10k"), 137, "killed by its output limit"),
        ("true", ("--verify", "false"), 1, "passed, but verify failed"),
        ("true", ("--sandbox", "nosuch"), 125, "no sandbox can take it"),
    ],
)
def test_the_last_line_and_the_code_tell_why(
    chorus: Program, line: str, options: tuple[str, ...], code: int, reason: str
) -> None:
    done = chorus.run("run", *options, "--", *line.split())
    assert done.returncode == code, done.stderr
    assert reason in last_line(done.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no command is given"),
        (("--timeout", "soon", "true"), "--timeout: 'soon' is not a duration"),
        (("--memory", "lots", "true"), "limits.memory"),
        (("--cpus", "nan", "true"), "limits.cpus"),
        (("-e", "NOT_SET_ANYWHERE", "true"), "NOT_SET_ANYWHERE is not set here"),
        (("-e", "=x", "true"), "names no variable"),
        (("-e", "A B=x", "true"), "no variable name"),
        (("--env-file", "/nosuch", "true"), "cannot be read"),
        (("-w", "../..", "true"), "workdir"),
        (("--source", "/nosuch", "true"), "/nosuch"),
        (("--protect", "../x", "true"), "leaves the workspace"),
        (("--nosuch", "true"), "No such option"),
        (("--", "echo", os.fsdecode(b"\xff")), "not UTF-8"),
    ],
)
def test_wrong_usage_is_told_and_leaves_no_task(
    chorus: Program, arguments: tuple[str, ...], said: str
) -> None:
    done = chorus.run("run", *arguments)
    assert done.returncode == 125
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"chorus: ")
    assert chorus.tasks() == []


def test_a_secret_in_the_environment_is_refused(chorus: Program) -> None:
    secret = "ghp_" + "0aB1cD2eF3" * 3 + "abcdef"  # test data: no one's
    done = chorus.run("run", "-e", f"GITHUB_TOKEN={secret}", "--", "true")
    assert done.returncode == 125
    assert b"GITHUB_TOKEN" in done.stderr
    assert secret.encode() not in done.stderr
    assert chorus.tasks() == []


def test_env_files_are_read_as_docker_reads_them(chorus: Program, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("# comment\n\nONE=1\n  TWO=a b=c\nHOME_OF_TEST\n")
    chorus.env["HOME_OF_TEST"] = "here"
    done = chorus.run(
        "run", "--env-file", str(file), "-e", "ONE=one", "--", "sh", "-c", 'echo "$ONE|$TWO|$HOME_OF_TEST"'
    )
    assert done.stdout == b"one|a b=c|here\n"


def test_stdin_reaches_the_command_only_when_asked_for(chorus: Program, tmp_path: Path) -> None:
    file = tmp_path / "stdin"
    file.write_bytes(b"\x00binary\xff\n")
    with file.open("rb") as stdin:
        assert chorus.run("run", "-i", "--", "cat", stdin=stdin).stdout == b"\x00binary\xff\n"
    with file.open("rb") as stdin:
        assert chorus.run("run", "--", "cat", stdin=stdin).stdout == b""


def test_work_artifacts_diff_and_logs(chorus: Program, project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = "echo good > data.txt; mkdir ../output/a; cp data.txt ../output/a/; echo told"
    done = chorus.run(
        *("run", "--source", str(project), "--out", str(out), "--verify", "sh check.sh"),
        *("--", "sh", "-c", script),
    )
    assert done.returncode == 0, done.stderr
    assert (out / "a" / "data.txt").read_text() == "good\n"
    assert (project / "data.txt").read_text() == "bad\n"
    (task,) = chorus.tasks()
    assert chorus.run("task", "logs", task["id"]).stdout == b"told\n"
    assert [a["path"] for a in chorus.json("task", "artifacts", task["id"])["artifacts"]] == ["a/data.txt"]
    diff = chorus.run("task", "diff", task["id"]).stdout
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    subprocess.run(["git", "apply", "-"], cwd=project, input=diff, check=True)
    assert (project / "data.txt").read_text() == "good\n"
    chorus.assert_tidy()


def test_a_link_in_the_way_of_an_artifact_is_not_followed(chorus: Program, tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (out / "dir").symlink_to(outside)
    done = chorus.run(
        "run", "--out", str(out), "--", "sh", "-c", "mkdir ../output/dir; echo x > ../output/dir/f"
    )
    assert done.returncode == 125
    assert b"dir/f cannot be written" in done.stderr
    assert list(outside.iterdir()) == []
    assert chorus.tasks()[0]["state"] == "succeeded"


def test_a_reader_that_goes_away_ends_the_run_quietly(chorus: Program) -> None:
    with chorus.start(
        "-q", "run", "--", "sh", "-c", "echo first; while echo more; do sleep 0.01; done"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"first\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
    chorus.assert_tidy()
    assert chorus.tasks()[0]["state"] == "cancelled"


def test_a_pipe_that_does_not_block_gets_all_of_the_output(chorus: Program) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with chorus.start("-q", "run", "--", "head", "-c", "1000000", "/dev/zero", stdout=writer) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            assert len(pipe.read()) == 1_000_000
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_task_is_cancelled_by_another_process(chorus: Program) -> None:
    marker = f"98{os.getpid()}.25"
    with chorus.start("run", "--", "sh", "-c", f"echo begun; sleep {marker}") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        (task,) = chorus.tasks()
        assert task["state"] == "running"
        assert chorus.json("task", "cancel", task["id"][:8])["state"] == "cancelled"
        _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert last_line(err).startswith("chorus: cancelled")
    assert processes_with(marker) == []
    assert chorus.run("task", "logs", task["id"]).stdout == b"begun\n"
    chorus.assert_tidy()


def test_another_process_follows_the_output_live(chorus: Program, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with chorus.start("run", "-i", "--", "sh", "-c", "echo one; read x; echo two", stdin=reader) as process:
        os.close(reader)
        wait_for(lambda: [task["state"] for task in chorus.tasks()] == ["running"])
        with chorus.start("task", "logs", "-f", chorus.tasks()[0]["id"]) as follower:
            assert follower.stdout is not None
            assert follower.stdout.readline() == b"one\n"
            os.write(writer, b"go\n")
            os.close(writer)
            assert follower.communicate(timeout=20)[0] == b"two\n"
        process.communicate(timeout=20)
    assert process.returncode == 0


def on_terminal(chorus: Program, *args: str) -> bytes:
    """What a run writes to stderr when that is a terminal."""
    master, slave = pty.openpty()
    with chorus.start("run", *args, stderr=slave) as process:
        os.close(slave)
        told = b""
        try:
            while piece := os.read(master, 4096):
                told += piece
        except OSError:  # EIO: nobody holds the other end any more
            os.close(master)
        process.communicate(timeout=20)
    return told


def test_a_terminal_gets_one_live_line_and_others_plain_ones(chorus: Program) -> None:
    chorus.env["TERM"] = "xterm"
    told = on_terminal(chorus, "--", "sh", "-c", "printf open >&2")
    assert told.count(b"\x1b[2K") >= 2
    assert b"open\r\n" in told
    assert b"chorus: choosing:" not in told
    assert b"\x1b[1;32mchorus: succeeded" in told
    chorus.env["NO_COLOR"] = "1"
    told = on_terminal(chorus, "--", "true")
    assert b"\x1b" not in told
    assert b"chorus: choosing:" in told


def test_two_runs_at_once_share_a_state_dir(chorus: Program) -> None:
    runs = [chorus.start("-q", "run", "--", "sh", "-c", f"echo {n}; exit {n}") for n in range(3)]
    ended = [(run.communicate(timeout=60)[0], run.returncode) for run in runs]
    assert ended == [(b"0\n", 0), (b"1\n", 1), (b"2\n", 2)]
    assert len(chorus.tasks()) == 3
    chorus.assert_tidy()

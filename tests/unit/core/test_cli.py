"""The shell of the CLI: two-line errors, exit codes, --json, and commands that load when called."""

import errno
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
import typer

from chorus import __version__, cli
from chorus_hooks.command import Command
from chorus_hooks.errors import ChorusError, ConfigError, NotFound, Refused

SANDBOXES = ("chorus_docker.sandbox", "chorus_bwrap.sandbox")
HEAVY = (
    "libp2p",
    "docker",
    "uvicorn",
    "httpx",
    "grpc",
    "pyrage",
    "pydantic",
    "trio",
    "sqlite3",
    "cryptography",
    "detect_secrets",
)


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module whose `call` is the command `chorus trial`."""
    module = ModuleType("trial_module")
    monkeypatch.setitem(sys.modules, "trial_module", module)
    monkeypatch.setattr(cli, "CORE_COMMANDS", (Command("trial", "trial_module:call", "A trial"),))
    return module


def raising(module: ModuleType, error: BaseException) -> None:
    def call(ctx: typer.Context) -> None:
        raise error

    module.call = call  # type: ignore[attr-defined]


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> int:
    return cli.run(arguments, environment or {})


def test_an_error_is_one_line_and_a_cure(trial: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    raising(trial, NotFound("there is no such thing", hint="look elsewhere"))
    assert run("trial") == 4
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "chorus: there is no such thing\n  try: look elsewhere\n")


def test_with_json_an_error_is_a_document_on_stdout(
    trial: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(trial, Refused("no", hint="ask"))
    assert run("trial", "--json") == 5
    assert json.loads(capsys.readouterr().out) == {
        "error": {"code": "refused", "message": "no", "hint": "ask"}
    }


def test_a_bug_is_told_without_a_traceback(trial: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    raising(trial, ZeroDivisionError("division by zero"))
    assert run("trial") == 1
    assert capsys.readouterr().err.startswith("chorus: internal error: ZeroDivisionError: division by zero\n")


def test_vv_shows_the_traceback(trial: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    raising(trial, ChorusError("no"))
    run("-vv", "trial")
    assert "Traceback" in capsys.readouterr().err


def test_chorus_debug_shows_the_traceback_too(trial: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    raising(trial, ChorusError("no"))
    run("trial", environment={"CHORUS_DEBUG": "true"})
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_ends_any_command_as_sigpipe_would(
    trial: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(trial, BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert run("trial") == 141
    assert capsys.readouterr().err == ""


def test_a_command_with_its_own_failure_code_exits_with_that(
    trial: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(trial, ConfigError("bad"))
    monkeypatch.setattr(
        cli, "CORE_COMMANDS", (Command("trial", "trial_module:call", "A trial", own_failure=125),)
    )
    assert run("trial") == 125
    assert run("trial", "--no-such-option") == 125


@pytest.mark.parametrize(
    "arguments", [("no-such-command",), ("--no-such-option",), ("plugin", "list", "surplus")]
)
def test_wrong_usage_is_2_with_a_cure(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    message, cure = capsys.readouterr().err.splitlines()
    assert message.startswith("chorus: ")
    assert cure.startswith("  try: chorus ")


@pytest.mark.parametrize("arguments", [(), ("plugin",)])
def test_a_group_without_a_command_shows_its_help(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: chorus")


def test_a_result_that_cannot_be_written_is_an_error() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "chorus", "config"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "chorus: the result cannot be written to stdout: No space left on device\n"


def test_wrong_usage_with_json_is_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plugin", "--json", "nonsense") == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_bad_configuration_is_78_and_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("config", environment={"CHORUS_LOG_LEVEL": "loud", "CHORUS_LOG_FORMAT": "xml"}) == 78
    told = capsys.readouterr().err
    assert "CHORUS_LOG_LEVEL" in told
    assert "CHORUS_LOG_FORMAT" in told


def test_config_shows_value_and_origin(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert (
        run("--state-dir", str(tmp_path), "config", "--json", environment={"CHORUS_LOG_LEVEL": "debug"}) == 0
    )
    shown = {row["name"]: (row["value"], row["origin"]) for row in json.loads(capsys.readouterr().out)}
    assert shown["CHORUS_LOG_LEVEL"] == ("debug", "environment")
    assert shown["CHORUS_STATE_DIR"] == (str(tmp_path), "command line")


def test_every_built_in_plugin_is_ok(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plugin", "list", "--json") == 0
    plugins = json.loads(capsys.readouterr().out)
    assert {plugin["name"]: plugin["error"] for plugin in plugins if plugin["status"] != "ok"} == {}
    assert "journal" in {plugin["name"] for plugin in plugins}


def test_a_disabled_plugin_takes_its_commands_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("log", "verify", environment={"CHORUS_PLUGINS_DISABLED": "journal"}) == 2
    assert "No such command 'log'" in capsys.readouterr().err


def test_plugin_info_of_an_unknown_plugin_is_4() -> None:
    assert run("plugin", "info", "nobody") == 4


def test_help_imports_nothing_heavy() -> None:
    program = f"""
import sys
from chorus.cli import run
code = run(["--help"], {{}})
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Commands:" in done.stdout
    assert done.stderr == "[]\n"


def test_a_command_that_runs_no_task_imports_no_sandbox(tmp_path: Path) -> None:
    program = f"""
import sys
from chorus.cli import run
code = run(["--state-dir", {str(tmp_path)!r}, "id"], {{}})
print([name for name in {SANDBOXES!r} if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    "command", [[sys.executable, "-m", "chorus"], [str(Path(sys.executable).with_name("chorus"))]]
)
def test_version_is_told_however_it_is_called(command: list[str]) -> None:
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"chorus {__version__}\n"

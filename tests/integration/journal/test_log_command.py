"""`chorus log` as a person or a script calls it."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from chorus_hooks.journal import Transaction
from chorus_identity.service import serve
from chorus_journal.database import database_path
from chorus_journal.journal import open_journal
from chorus_journal.merkle import leaf_hash
from chorus_journal.proof import verify_inclusion
from tests.unit.journal.state import FakeNode

Log = Callable[..., "subprocess.CompletedProcess[str]"]
SIZE = 7


async def _fill(state_dir: Path, job: Callable[[Transaction], object]) -> None:
    node = FakeNode(state_dir)
    async with serve(node) as identity, open_journal(node, identity) as journal:
        await journal.write(job)


def _seven(tx: Transaction) -> None:
    for number in range(SIZE):
        tx.append("task.submitted" if number % 2 else "result.made", {"number": number}, ref="sha256:ab")


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    trio.run(_fill, path, _seven)
    return path


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "chorus", "log", *arguments]


@pytest.fixture
def log(state_dir: Path) -> Log:
    environment = {**os.environ, "CHORUS_STATE_DIR": str(state_dir)}

    def log(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            _command(*arguments), env=environment | more, capture_output=True, text=True, timeout=60
        )

    return log


def _numbers(output: str) -> list[int]:
    return [json.loads(line)["data"]["number"] for line in output.splitlines()]


def test_show_prints_one_entry_a_line(log: Log) -> None:
    done = log("show", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert _numbers(done.stdout) == list(range(SIZE))
    lines = log("show").stdout.splitlines()
    assert len(lines) == SIZE
    seq, _, *rest = lines[1].split()
    assert (seq, rest) == ("1", ["task.submitted", "sha256:ab", '{"number":1}'])


def test_show_selects_by_type_limit_and_time(log: Log) -> None:
    assert _numbers(log("show", "--json", "--type", "task").stdout) == [1, 3, 5]
    assert _numbers(log("show", "--json", "--limit", "2").stdout) == [5, 6]
    assert _numbers(log("show", "--json", "--type", "result.made", "--limit", "2").stdout) == [4, 6]
    assert _numbers(log("show", "--json", "--since", "1h").stdout) == list(range(SIZE))
    assert log("show", "--json", "--since", f"{datetime.now(UTC).year + 1}-01-01").stdout == ""
    assert log("show", "--json", "--limit", "0").stdout == ""


@pytest.mark.parametrize("arguments", [("--since", "x"), ("--limit", "-1"), ("--limit", "x"), ("--type",)])
def test_show_refuses_what_it_does_not_understand(log: Log, arguments: tuple[str, ...]) -> None:
    done = log("show", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_what_others_wrote_cannot_move_the_cursor(log: Log, state_dir: Path) -> None:
    evil = "\x7f\x9b31m\N{RIGHT-TO-LEFT OVERRIDE}"
    trio.run(_fill, state_dir, lambda tx: tx.append("test.said", {"text": evil}))
    line = log("show", "--limit", "1").stdout
    assert line.removesuffix("\n").isprintable()
    assert "\\x9b31m\\u202e" in line


def test_show_follows_what_another_process_writes(state_dir: Path) -> None:
    process = subprocess.Popen(
        _command("show", "-f", "--json", "--limit", "1"),
        env={**os.environ, "CHORUS_STATE_DIR": str(state_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert _numbers(process.stdout.readline()) == [6]
        trio.run(_fill, state_dir, lambda tx: tx.append("test.said", {"number": 99}))
        assert _numbers(process.stdout.readline()) == [99]
        process.terminate()
        _, complaint = process.communicate(timeout=30)
        assert process.returncode == 143
        assert "Traceback" not in complaint
    finally:
        process.kill()
        process.wait()


def test_a_reader_that_goes_away_is_no_error(state_dir: Path) -> None:
    trio.run(_fill, state_dir, lambda tx: [tx.append("test.said", {"text": "x" * 1000}) for _ in range(300)])
    process = subprocess.Popen(
        _command("show"),
        env={**os.environ, "CHORUS_STATE_DIR": str(state_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=30)
    assert complaint == b""


def test_verify_says_ok(log: Log) -> None:
    done = log("verify", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(report) == ["ok", "size", "root", "checked", "first_bad", "error"]
    assert (report["ok"], report["size"], report["checked"], report["first_bad"]) == (True, SIZE, SIZE, None)
    assert log("verify").stdout.startswith("ok: 7 entries")


def test_verify_names_the_damaged_entry_and_exits_1(log: Log, state_dir: Path) -> None:
    path = database_path(state_dir)
    path.write_bytes(path.read_bytes().replace(b'{"number":3}', b'{"number":4}'))
    done = log("verify", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"], report["first_bad"], report["checked"]) == (1, False, 3, 3)
    text = log("verify")
    assert text.returncode == 1
    assert "first bad entry: 3" in text.stdout and "Traceback" not in text.stderr


def test_without_a_log_there_is_nothing_to_verify(log: Log, tmp_path: Path) -> None:
    done = log("verify", CHORUS_STATE_DIR=str(tmp_path / "new"))
    assert done.returncode == 4
    assert done.stderr.startswith("chorus: there is no log here yet")


def test_an_entry_is_proven_to_whoever_has_the_proof(log: Log) -> None:
    document = json.loads(log("proof", "3", "--json").stdout)
    entry = document["entry"].encode()
    assert json.loads(entry)["data"] == {"number": 3}
    proof = [base64.b64decode(hash) for hash in document["proof"]]
    root = base64.b64decode(document["root"])
    assert leaf_hash(entry) == base64.b64decode(document["leaf"])
    assert verify_inclusion(leaf_hash(entry), document["seq"], document["size"], proof, root)
    assert document["checkpoint"].split("\n")[2] == document["root"]
    text = log("proof", "3").stdout
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 3\n") and text.endswith(document["checkpoint"])


@pytest.mark.parametrize(("seq", "code"), [("7", 4), ("x", 2), ("-1", 2)])
def test_no_proof_of_what_is_not_there(log: Log, seq: str, code: int) -> None:
    done = log("proof", "--", seq)
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr


def test_an_export_verifies_elsewhere_and_a_changed_one_does_not(log: Log, tmp_path: Path) -> None:
    exported = log("export").stdout
    assert len(exported.splitlines()) == 1 + SIZE
    file = tmp_path / "log.jsonl"
    file.write_text(exported)
    elsewhere = str(tmp_path / "elsewhere")
    assert log("verify", str(file), CHORUS_STATE_DIR=elsewhere).returncode == 0
    file.write_text(exported.replace('{"number":3}', '{"number":4}'))
    done = log("verify", str(file), "--json", CHORUS_STATE_DIR=elsewhere)
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (1, False)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"{}"])
def test_what_is_no_export_is_refused(log: Log, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    done = log("verify", str(file))
    assert done.returncode == (4 if content is None else 2)
    assert "Traceback" not in done.stderr

"""The real program against a node that says what the test wants it to say."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from chorus_hooks.task import Result
from tests.unit.http_client.answers import (
    ENDED,
    TASK,
    cancelled,
    output,
    receipt,
    says,
    silent,
    streams,
    task,
)
from tests.unit.http_client.scripted import TOKEN, Exchange, ScriptedNode, node

STATUS = {"node": {"agent_id": "one", "ready": True}, "tasks": {"running": 1}, "mood": "new"}


class Program:
    """`chorus`, pointed at a node elsewhere."""

    def __init__(self, url: str, state_dir: Path) -> None:
        self.env = {
            **os.environ,
            "CHORUS_URL": url,
            "CHORUS_API_TOKEN": TOKEN,
            "CHORUS_STATE_DIR": str(state_dir),
            "HTTP_PROXY": "http://127.0.0.1:1",
        }

    async def run(self, *args: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "chorus", *args]
        with trio.fail_after(30):
            return await trio.run_process(
                command, env=self.env, stdin=stdin, capture_stdout=True, capture_stderr=True, check=False
            )


async def status(exchange: Exchange) -> None:
    await exchange.json(STATUS)


async def test_status_is_the_nodes_own_document_and_goes_past_a_proxy(tmp_path: Path) -> None:
    async with node(status) as (scripted, _):
        chorus = Program(scripted.url, tmp_path)
        shown, document = await chorus.run("status"), await chorus.run("status", "--json")
    assert (shown.returncode, document.returncode) == (0, 0), shown.stderr
    assert b"node      one" in shown.stdout
    assert json.loads(document.stdout) == STATUS


async def test_a_wrong_token_is_refused_with_its_cure(tmp_path: Path) -> None:
    async def unknown(exchange: Exchange) -> None:
        await exchange.say(401, b'{"title":"Unauthorized"}', content_type="application/problem+json")

    async with node(unknown) as (scripted, _):
        done = await Program(scripted.url, tmp_path).run("task", "list")
    assert done.returncode == 5
    assert b"CHORUS_API_TOKEN" in done.stderr


@pytest.mark.parametrize(
    "args",
    [("status",), ("task", "submit", "-"), ("task", "retry", "a"), ("task", "wait", "a")],
)
async def test_nobody_there_is_exit_code_three(tmp_path: Path, args: tuple[str, ...]) -> None:
    chorus = Program("http://127.0.0.1:1", tmp_path)
    done = await chorus.run(*args, "--json", stdin=b'{"commands":["x"]}')
    assert done.returncode == 3, done.stderr
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "unreachable"
    assert "http://127.0.0.1:1" in error["message"]


async def test_without_a_node_at_all_the_hint_says_how_to_start_one(tmp_path: Path) -> None:
    chorus = Program("", tmp_path)
    done = await chorus.run("status")
    assert done.returncode == 3
    assert b"chorus agent" in done.stderr


async def test_a_document_is_submitted_and_its_id_is_the_output(tmp_path: Path) -> None:
    async with node(receipt) as (scripted, _):
        done = await Program(scripted.url, tmp_path).run(
            "task", "submit", "-", stdin=b'{"commands":["make"]}'
        )
    assert (done.returncode, done.stdout) == (0, f"{TASK}\n".encode()), done.stderr
    assert json.loads(scripted.seen[0].body)["commands"] == ["make"]


async def test_a_wrong_document_never_reaches_the_node(tmp_path: Path) -> None:
    async with node(receipt) as (scripted, _):
        done = await Program(scripted.url, tmp_path).run("task", "submit", "-", stdin=b'{"commands":[]}')
    assert (done.returncode, scripted.seen) == (2, [])
    assert b"it has no command" in done.stderr


async def test_logs_come_byte_for_byte_through_a_cut(tmp_path: Path) -> None:
    scripts = (
        streams(output(b"\xff\x00one\n", 6), cut=True),
        streams(output(b"two\n", 10, stream="stderr"), output(b"three", 15), ENDED),
    )
    async with node(*scripts) as (scripted, _):
        done = await Program(scripted.url, tmp_path).run("task", "logs", "-f", TASK)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\xff\x00one\nthree", b"two\n")


async def interrupted_run(chorus: Program, scripted: ScriptedNode, number: int) -> int:
    """The exit code of `chorus run` that gets a signal while it follows its task."""
    null = subprocess.DEVNULL
    command = [sys.executable, "-m", "chorus", "run", "sleep", "60"]
    process = await trio.lowlevel.open_process(command, env=chorus.env, stdin=null, stdout=null, stderr=null)
    await scripted.asked(2)
    process.send_signal(number)
    with trio.fail_after(10):
        return await process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_whoever_interrupts_a_run_ends_its_task_at_the_node(tmp_path: Path, number: int) -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.head(200, content_type="text/event-stream", transfer_encoding="chunked")
        await exchange.piece(output(b"working\n", 8))
        await trio.sleep_forever()

    async with node(receipt, endless, cancelled) as (scripted, _):
        code = await interrupted_run(Program(scripted.url, tmp_path), scripted, number)
    assert code == 128 + number
    assert scripted.seen[-1].target == f"/api/v1/tasks/{TASK}/cancel"


async def test_a_node_that_hangs_does_not_hold_an_interrupted_run(tmp_path: Path) -> None:
    async with node(receipt, silent) as (scripted, _):
        code = await interrupted_run(Program(scripted.url, tmp_path), scripted, signal.SIGINT)
    assert code == 130


async def test_a_detached_run_prints_its_id_and_goes(tmp_path: Path) -> None:
    async with node(receipt) as (scripted, _):
        done = await Program(scripted.url, tmp_path).run(
            "run", "--detach", "--name", "n", "--", "make", "all"
        )
    assert (done.returncode, done.stdout) == (0, f"{TASK}\n".encode()), done.stderr
    assert [seen.method for seen in scripted.seen] == ["POST"]
    assert json.loads(scripted.seen[0].body)["commands"] == [["make", "all"]]


async def test_waiting_tells_each_task_and_fails_when_one_did(tmp_path: Path) -> None:
    failed = task("failed", result=Result(reason="exited", exit_code=3))
    passed = task("succeeded", result=Result(reason="exited", exit_code=0))
    async with node(says(passed), says(failed)) as (scripted, _):
        done = await Program(scripted.url, tmp_path).run("task", "wait", TASK, TASK)
    assert done.returncode == 1, done.stderr
    told = [line.partition(b" in ")[0] for line in sorted(done.stdout.splitlines())]
    assert told == [b"aaaaaaaaaaaa  failed: exited with 3", b"aaaaaaaaaaaa  succeeded"]


async def test_waiting_ends_in_time(tmp_path: Path) -> None:
    async with node(says(task("running")), silent) as (scripted, _):
        done = await Program(scripted.url, tmp_path).run("task", "wait", TASK, "--timeout", "200ms")
    assert done.returncode == 1
    assert b"aaaaaaaaaaaa had not ended" in done.stderr

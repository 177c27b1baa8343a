"""`chorus prune`: says what would go, asks, and removes nothing that is needed."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus_docker.owner import owner_of
from chorus_journal.blob_store import FileBlobs
from tests.integration.docker.conftest import BUSYBOX
from tests.integration.health.conftest import Program

DAY = 86400.0
CONTENT = b"nobody needs this" * 100


@pytest.fixture(autouse=True)
def no_engine(program: Program) -> None:
    program.environment["CHORUS_PLUGINS_DISABLED"] = "docker"


@pytest.fixture
def old_blob(program: Program) -> Path:
    """A blob that nothing holds, older than CHORUS_RETENTION."""
    assert program.run("log", "show").returncode == 0
    blobs = FileBlobs(program.state_dir, "b" * 32, 1 << 30)
    blobs.sweep(lambda _: True)
    with blobs.create() as writer:
        writer.write(CONTENT)
        blob = writer.commit()
    path = program.state_dir / "blobs" / blob.sha256[:2] / blob.sha256
    then = path.stat().st_mtime - 31 * DAY
    os.utime(path, (then, then))
    return path


def form(path: Path) -> dict[str, object]:
    return {"kind": "blob", "name": path.name, "size": len(CONTENT)}


def test_without_a_terminal_and_without_yes_it_refuses_before_anything(
    program: Program, old_blob: Path
) -> None:
    done = program.run("prune")
    assert (done.returncode, done.stdout) == (2, "")
    assert "chorus prune --yes" in done.stderr
    code, document = program.json("prune")
    assert (code, document["error"]["code"]) == (2, "usage")
    assert old_blob.exists()


def test_a_dry_run_says_what_would_go_and_removes_nothing(program: Program, old_blob: Path) -> None:
    code, document = program.json("prune", "--dry-run")
    assert (code, document) == (
        0,
        {
            "removed": [],
            "freed": 0,
            "would_remove": [form(old_blob)],
            "would_free": len(CONTENT),
            "errors": [],
        },
    )
    assert program.run("prune", "--dry-run", "--yes").stdout == (
        f"blob  {old_blob.name}  1.7 kB\nwould remove 1 blob: 1.7 kB\n"
    )
    assert old_blob.exists()


def test_with_yes_it_removes_it_and_says_so(program: Program, old_blob: Path) -> None:
    code, document = program.json("prune", "-y")
    assert (code, document) == (0, {"removed": [form(old_blob)], "freed": len(CONTENT), "errors": []})
    assert not old_blob.exists()
    assert program.run("prune", "-y").stdout == "nothing to remove\n"


def test_on_a_terminal_it_tells_and_asks(program: Program, old_blob: Path) -> None:
    code, seen = program.on_a_terminal("prune", typed=b"n\n")
    assert code == 130
    assert "would remove 1 blob: 1.7 kB" in seen
    assert "Remove this? [y/N]" in seen
    assert old_blob.exists()
    code, seen = program.on_a_terminal("prune", typed=b"y\n")
    assert (code, "removed 1 blob: 1.7 kB" in seen) == (0, True)
    assert not old_blob.exists()


def test_with_nothing_to_remove_it_does_not_ask(program: Program) -> None:
    code, seen = program.on_a_terminal("prune")
    assert (code, seen.splitlines()[-1], "Remove this?" in seen) == (0, "nothing to remove", False)


def test_retention_decides_what_is_old(program: Program, old_blob: Path) -> None:
    program.environment["CHORUS_RETENTION"] = "60d"
    assert program.json("prune", "-y")[1]["removed"] == []
    program.environment["CHORUS_RETENTION"] = "30d"
    assert program.json("prune", "-y")[1]["removed"] == [form(old_blob)]


def test_a_damaged_journal_stops_it_before_anything_goes(program: Program, old_blob: Path) -> None:
    for path in program.state_dir.glob("journal.db*"):
        path.unlink()
    (program.state_dir / "journal.db").write_bytes(b"this was a database once" * 999)
    code, document = program.json("prune", "-y")
    assert (code, "is damaged" in document["error"]["message"]) == (1, True)
    assert old_blob.exists()


@pytest.mark.bwrap
@pytest.mark.slow
def test_beside_a_running_task_nothing_that_it_needs_goes(program: Program, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("here")
    program.environment |= {"CHORUS_RETENTION": "1s", "CHORUS_SANDBOX": "bwrap"}
    command = program.command(
        "run", "-i", "--source", str(source), "--", "sh", "-c", "echo up; read go; cat file"
    )
    with subprocess.Popen(
        command, env=program.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as task:
        assert task.stdout is not None
        assert task.stdout.readline() == "up\n"
        for path in (program.state_dir / "blobs").glob("??/*"):
            os.utime(path, (0, 0))
        code, document = program.json("prune", "-y")
        assert (code, document["removed"]) == (0, [])
        out, _ = task.communicate("go\n", timeout=60)
        assert (task.returncode, out) == (0, "here")


@pytest.fixture
def containers(program: Program) -> Iterator[dict[str, str]]:
    """One of a dead process of this state dir, one of somebody else."""
    program.environment = {"CHORUS_IMAGE_PULL": "never"}
    mark = uuid.uuid4().hex
    made = {
        name: create(mark, owner)
        for name, owner in (("ours", owner_of(program.state_dir)), ("theirs", "x" * 16))
    }
    yield made
    subprocess.run(["docker", "rm", "-f", *made.values()], capture_output=True, check=False)


def create(mark: str, owner: str) -> str:
    labels = {
        "chorus.sandbox": "1",
        "chorus.owner": owner,
        "chorus.boot": "d" * 32,
        "chorus.deadline": "9999999999",
        "chorus.mark": mark,
    }
    options = [part for name, text in labels.items() for part in ("--label", f"{name}={text}")]
    made = subprocess.run(
        ["docker", "create", *options, BUSYBOX, "true"], capture_output=True, text=True, check=True
    )
    return made.stdout.strip()


def is_there(container: str) -> bool:
    look = subprocess.run(["docker", "inspect", container], capture_output=True, check=False)
    return look.returncode == 0


@pytest.mark.docker
def test_a_container_of_a_dead_process_goes_and_that_of_somebody_else_stays(
    program: Program, containers: dict[str, str]
) -> None:
    gone = [{"kind": "container", "name": containers["ours"][:12], "size": 0}]
    _, document = program.json("prune", "--dry-run")
    assert [one for one in document["would_remove"] if one["kind"] == "container"] == gone
    assert is_there(containers["ours"])
    code, document = program.json("prune", "-y")
    assert (code, document["removed"]) == (0, gone)
    assert not is_there(containers["ours"])
    assert is_there(containers["theirs"])


def test_without_an_engine_the_rest_is_pruned(program: Program, old_blob: Path) -> None:
    program.environment = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    code, document = program.json("prune", "-y")
    assert (code, document["removed"], document["errors"]) == (0, [form(old_blob)], [])


def test_an_odd_engine_address_is_told_and_the_rest_is_pruned(program: Program, old_blob: Path) -> None:
    program.environment = {"DOCKER_HOST": "ssh://me@there"}
    code, document = program.json("prune", "-y")
    assert (code, document["removed"]) == (1, [form(old_blob)])
    assert [error["sweeper"] for error in document["errors"]] == ["containers"]
    assert "neither unix" in document["errors"][0]["message"]

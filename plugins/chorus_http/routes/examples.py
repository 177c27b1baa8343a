"""Examples for the documentation, made of the values that the API really uses."""

from typing import Any, Final

from chorus_hooks.gate import OpenQuestion, Question
from chorus_hooks.gate_json import question_json
from chorus_hooks.task import Artifact, Limits, Result, Source, Task, TaskDocument, Usage
from chorus_hooks.task_json import task_json
from chorus_http.routes.shapes import (
    ArtifactList,
    JournalStatus,
    NodeStatus,
    Receipt,
    SandboxStatus,
    Status,
    StoredBlob,
)

ID: Final = "6f1c0f5e2b7a4d0f9e3c8b1a5d7e2f40"
SHA256: Final = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
HELLO: Final = {"title": "hello", "commands": ["echo hello"]}
UNIT_TESTS: Final = {
    "title": "unit tests",
    "commands": ["python3 -m pytest -q"],
    "language": "python",
    "limits": {"timeout_s": 600, "memory": "2g"},
    "outputs": ["report.xml"],
    "project": "web",
}
TESTS: Final = TaskDocument(
    title="unit tests",
    commands=("python3 -m pytest -q",),
    source=Source(sha256=SHA256),
    language="python",
    limits=Limits(timeout_s=600, memory="2g"),
    outputs=("report.xml",),
    project="web",
)
ARTIFACT: Final = Artifact(path="report.xml", size=5, sha256=SHA256)
RESULT: Final = Result(
    reason="exited",
    exit_code=0,
    attempt=1,
    worker="12D3KooWExample",
    term=1,
    usage=Usage(wall_s=1.2, cpu_s=0.9, peak_memory=41943040, output_bytes=27),
    artifacts=(ARTIFACT,),
    sandbox="docker",
    language="python",
)
TASK: Final[dict[str, Any]] = task_json(
    Task(
        id=ID,
        document=TESTS,
        state="succeeded",
        attempt=1,
        worker="12D3KooWExample",
        submitted_at="2026-11-25T09:21:00.123Z",
        ended_at="2026-11-25T09:21:02.456Z",
        result=RESULT,
    )
)
RECEIPT: Final = Receipt(id=ID, state="waiting", durable=1)
LIST: Final = {"tasks": [TASK], "cursor": "41"}
QUESTION: Final = question_json(
    OpenQuestion(
        Question(ID, 1, "command", "python3 -m pip install pytest"),
        asked_at="2026-11-25T09:21:00.123Z",
        until="2026-11-25T10:21:00.123Z",
    )
)
WHY: Final = {True: "the tests need it", False: "use what is there"}
APPROVALS: Final = {"approvals": [QUESTION]}
APPROVED: Final = {**QUESTION, "approved": True}
DENIED: Final = {**QUESTION, "approved": False}
ARTIFACTS: Final = ArtifactList(artifacts=(ARTIFACT,))
BLOB: Final = StoredBlob(sha256=SHA256, size=5)
STATUS: Final = Status(
    node=NodeStatus(
        peer_id="12D3KooWExample",
        agent_id="chorus-oWExample",
        version="0.1.0",
        uptime_s=3723.5,
        ready=True,
        reason="",
        degraded=(),
    ),
    admin=None,
    peers=0,
    tasks={"waiting": 1, "running": 2, "succeeded": 40},
    approvals=1,
    journal=JournalStatus(size=312, root="n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
    sandbox=SandboxStatus(name="docker", weak=False, why="the engine answers"),
    redactions=None,
)
EVENTS: Final = (
    "event: output\nid: 1:6\n"
    'data: {"stream":"stdout","data":"aGVsbG8K","offset":6,"attempt":1}\n\n'
    'event: phase\ndata: {"phase":"collecting","text":"what is in /workspace/output"}\n\n'
)
CHANGES: Final = (
    "event: task\nid: 17\n"
    'data: {"n":17,"at":"2026-11-25T09:21:00.123Z","kind":"submit","task":"' + ID + '",'
    '"project":"web","state":"waiting"}\n\n'
)

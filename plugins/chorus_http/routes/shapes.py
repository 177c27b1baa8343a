"""The JSON of the API that is not a contract struct by itself. Documented shapes: more fields may come."""

from typing import Annotated

import msgspec
from msgspec import Meta

from chorus_hooks.gate import Subject
from chorus_hooks.task import Artifact, Result, State, TaskDocument

Sha256 = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{64}$",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ),
]
TaskId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
ShortText = Annotated[str, Meta(max_length=64)]
Time = Annotated[str, Meta(description="RFC 3339, UTC")]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A task is taken: it is on so many disks of voters, and stays."""

    id: TaskId
    state: State
    durable: Annotated[int, Meta(ge=1, description="Voters known to hold it")]


class Task(TaskDocument, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A task: its document, and what became of it."""

    id: TaskId
    state: State
    waiting_for: str | None
    waiting_why: Annotated[str | None, Meta(description="More of that, for a person")]
    attempt: int
    worker: str | None
    submitted_at: Time
    ended_at: Time | None
    result: Result | None
    retry_of: TaskId | None
    traceparent: str | None


class TaskList(msgspec.Struct, frozen=True, kw_only=True):
    """Some tasks, newest first. `cursor` leads to older ones; null on the last page."""

    tasks: tuple[Task, ...]
    cursor: str | None


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt asks a person. `text` is all that may then be done."""

    task: TaskId
    attempt: int
    subject: Subject
    digest: Sha256
    text: str
    asked_at: Time
    until: Annotated[str, Meta(description="RFC 3339, UTC; no answer until then is a no")]


class ApprovalList(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that waits for a person, oldest first."""

    approvals: tuple[Approval, ...]


class Answered(Approval, frozen=True, kw_only=True):
    """What was asked, and what was said."""

    approved: bool


class ArtifactList(msgspec.Struct, frozen=True, kw_only=True):
    """What a task left under /workspace/output. Empty before it has ended."""

    artifacts: tuple[Artifact, ...]


class StoredBlob(msgspec.Struct, frozen=True, kw_only=True):
    """A blob that is on the disk."""

    sha256: Sha256
    size: Annotated[int, Meta(ge=0, description="Bytes")]


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Who the node is, and how."""

    peer_id: str
    agent_id: str
    version: str
    uptime_s: float
    ready: Annotated[bool, Meta(description="Whether it should be given work")]
    reason: Annotated[str, Meta(description="Why it is not ready; empty when it is")]
    degraded: Annotated[tuple[str, ...], Meta(description="What is wrong while it goes on")]


class JournalStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far the node's log goes."""

    size: int
    root: Annotated[str, Meta(description="Merkle root, base64")]


class SandboxStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What runs the commands of a task here."""

    name: str
    weak: Annotated[bool, Meta(description="It does not hold every limit")]
    why: str


class Admin(msgspec.Struct, frozen=True, kw_only=True):
    """Who is admin of the mesh."""

    peer_id: str
    term: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The node at a glance. What a node has no part for is null."""

    node: NodeStatus
    admin: Admin | None
    peers: Annotated[int, Meta(ge=0, description="Others in the mesh, the suspected ones too")]
    tasks: dict[State, int]
    approvals: Annotated[int, Meta(ge=0, description="Questions that wait for a person")]
    journal: JournalStatus
    sandbox: SandboxStatus | None
    redactions: int | None


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """Data of the event `output`: a piece of what an attempt printed. Its id is `ATTEMPT:OFFSET`."""

    stream: Annotated[str, Meta(description="stdout or stderr")]
    data: Annotated[str, Meta(description="The bytes, base64")]
    offset: Annotated[int, Meta(description="Bytes that the attempt printed up to the end of this piece")]
    attempt: int

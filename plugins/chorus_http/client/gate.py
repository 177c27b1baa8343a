"""The human gate of a running node, reached over its API."""

import msgspec

from chorus_hooks.errors import UsageError
from chorus_hooks.gate import Answer, OpenQuestion, Question
from chorus_http.client.connection import Call, Connection
from chorus_http.client.wire import open_question_of, open_questions_of


class RemoteGate:
    """Implements `chorus_hooks.gate.Gate` at a node: for people who answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(self, question: Question, *, timeout_s: float) -> Answer:
        """Always UsageError: an attempt asks in the process that runs it."""
        raise UsageError("a question is asked where its attempt runs, and not over the API")

    async def answer(self, task_id: str, digest: str, *, approved: bool, why: str = "") -> OpenQuestion:
        """Answer it. Sent once: when what came of it is lost, that is told."""
        body = msgspec.json.encode({"digest": digest, "why": why})
        verb = "approve" if approved else "deny"
        call = Call("POST", ("tasks", task_id, verb), headers={"Content-Type": "application/json"}, body=body)
        return open_question_of(await self._connection.ask(call, again=False))

    async def waiting(self) -> int:
        """As the node's status says."""
        return int((await self._connection.get("status")).get("approvals") or 0)

    async def open(self) -> tuple[OpenQuestion, ...]:
        """What waits for an answer now."""
        return open_questions_of(await self._connection.get("approvals"))

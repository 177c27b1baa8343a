"""The coordinator of a running node, reached over its API."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import BinaryIO, Final, get_args

import msgspec
import trio

from chorus_hooks.coordinator import Change, TaskEvent, TaskPage
from chorus_hooks.errors import ChorusError, Unreachable, UsageError
from chorus_hooks.task import TERMINAL, State, Task, TaskDocument
from chorus_http.client.connection import Call, Connection
from chorus_http.client.follow import resumed
from chorus_http.client.grace import with_grace
from chorus_http.client.wire import change_of, page_of, sparse, task_event_of, task_of
from chorus_http.position import Position

GRACE_S: Final = 3.0
"""A submission or a cancellation that is under way when the user interrupts us has this much longer."""


class RemoteCoordinator:
    """Implements `chorus_hooks.coordinator.Coordinator` at a node.

    An attended task ends with this process: `end` cancels what was not followed to its end. A node that
    does not answer any more keeps it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._attended: set[str] = set()

    async def submit(
        self,
        document: TaskDocument,
        *,
        attended: bool = True,
        stdin: BinaryIO | None = None,
        traceparent: str | None = None,
    ) -> Task:
        """Submit under a key of our own when the document has none, so that asking again is safe."""
        if stdin is not None:
            raise UsageError("a node cannot be given our stdin", hint="put the input into the source")
        key = document.idempotency_key or secrets.token_hex(16)
        keyed = msgspec.structs.replace(document, idempotency_key=key)
        call = Call(
            "POST", ("tasks",), headers=_headers(traceparent), body=msgspec.json.encode(sparse(keyed))
        )

        async def send() -> Task:
            receipt = await self._connection.ask(call, again=True)
            task = task_of({**msgspec.to_builtins(keyed), **receipt})
            if attended and task.state not in TERMINAL:
                self._attended.add(task.id)
            return task

        return await with_grace(send, GRACE_S)

    async def get(self, task_id: str) -> Task:
        """The task as it stands."""
        return task_of(await self._connection.get("tasks", task_id))

    async def list(
        self, *, state: str | None = None, project: str | None = None, limit: int = 50, cursor: str = ""
    ) -> TaskPage:
        """Tasks, newest first."""
        query = {"state": state, "project": project, "limit": limit, "cursor": cursor or None}
        return page_of(await self._connection.get("tasks", **query))

    async def cancel(self, task_id: str) -> Task:
        """Cancel it; asking twice is the same as once."""
        return task_of(await self._connection.ask(Call("POST", ("tasks", task_id, "cancel")), again=True))

    async def pause(self, task_id: str) -> Task:
        """Pause it; asking twice is the same as once."""
        return task_of(await self._connection.ask(Call("POST", ("tasks", task_id, "pause")), again=True))

    async def resume(self, task_id: str) -> Task:
        """Resume it; asking twice is the same as once."""
        return task_of(await self._connection.ask(Call("POST", ("tasks", task_id, "resume")), again=True))

    async def steer(self, task_id: str, text: str) -> Task:
        """Sent once: when what came of it is lost, that is told."""
        body = msgspec.json.encode({"text": text.encode("utf-8", "replace").decode()})
        headers = {"Content-Type": "application/json"}
        call = Call("POST", ("tasks", task_id, "steer"), headers=headers, body=body)
        return task_of(await self._connection.ask(call, again=False))

    async def retry(
        self, task_id: str, *, idempotency_key: str | None = None, traceparent: str | None = None
    ) -> Task:
        """Submit its document again."""
        key = idempotency_key or secrets.token_hex(16)
        headers = {**_headers(traceparent), "Idempotency-Key": key}
        call = Call("POST", ("tasks", task_id, "retry"), headers=headers)
        receipt = await self._connection.ask(call, again=True)
        return await self.get(str(receipt.get("id")))

    async def counts(self) -> Mapping[State, int]:
        """From the node's status."""
        tasks = (await self._connection.get("status")).get("tasks") or {}
        return {state: int(tasks.get(state, 0)) for state in get_args(State)}

    async def changes(self, *, after: int = 0, wait: bool = True) -> AsyncGenerator[Change, None]:
        """Committed changes beyond `after`; a broken connection is taken up again."""
        call = Call("GET", ("events",), {"follow": wait})
        async with aclosing(resumed(self._connection, call, str(after))) as stream:
            async for event in stream:
                yield change_of(event)

    async def follow(
        self, task_id: str, *, offset: int = 0, attempt: int = 1, wait: bool = True
    ) -> AsyncGenerator[TaskEvent, None]:
        """Output, phases, and the Task at its end; a broken connection is taken up again at the same byte."""
        call = Call("GET", ("tasks", task_id, "logs"), {"follow": wait})
        at = Position(attempt, offset)
        begun = task_id in self._attended
        try:
            async with aclosing(resumed(self._connection, call, str(at))) as stream:
                async for event in stream:
                    told = task_event_of(event)
                    begun = True
                    if told is None:
                        continue
                    yield told
                    if isinstance(told, Task):
                        self._attended.discard(told.id)
                        return
        except Unreachable as error:
            self._attended.discard(task_id)
            if not begun:
                raise
            raise Unreachable(
                error.message, hint=f"the task goes on there; see it with `chorus task logs -f {task_id}`"
            ) from error

    async def end(self) -> None:
        """Cancel the attended tasks that nobody saw end, within `GRACE_S`."""
        with trio.move_on_after(GRACE_S, shield=True):
            for task_id in sorted(self._attended):
                try:
                    await self.cancel(task_id)
                except ChorusError:
                    continue


def _headers(traceparent: str | None) -> dict[str, str]:
    return {"Content-Type": "application/json", **({"traceparent": traceparent} if traceparent else {})}

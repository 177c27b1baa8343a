"""Runs assignments on this machine: decide, run in a sandbox, keep, verify, and tell it as a result."""

from collections.abc import Mapping, Sequence

import msgspec

from chorus_executor.attempt import Attempt, Outcome
from chorus_executor.changes import published
from chorus_executor.choice import Choice, NoSandbox, choose
from chorus_executor.clean_room import clean_room
from chorus_executor.commands import Ran, Runner
from chorus_executor.judges import judges
from chorus_executor.keep import Keeper, bounded
from chorus_executor.language import LANGUAGES, PLAIN, Detection
from chorus_executor.limits import allow
from chorus_executor.names import printable
from chorus_executor.place import told
from chorus_executor.scratch import fill, scratch_file
from chorus_executor.source import OpenSource, SourceMissing, open_source
from chorus_executor.standing import StandingChoice
from chorus_executor.tarball import TarWriter
from chorus_executor.thread import check, checked, in_thread
from chorus_executor.tree import write_tree
from chorus_executor.workdir import checked_workdir
from chorus_hooks.agent import Agents
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.executor import Assignment, Report, SandboxChoice
from chorus_hooks.failpoint import failpoint
from chorus_hooks.node import Node
from chorus_hooks.reasoner import Reasoner
from chorus_hooks.sandbox import Sandboxes
from chorus_hooks.task import Result

_replace = msgspec.structs.replace


class LocalExecutor:
    """The Executor of this node. `sandbox` is `auto` or a backend, `images` has one for each language.

    A goal may wait `goal_wait_s` in all, beside the time for its commands.
    """

    def __init__(
        self,
        *,
        node: Node,
        blobs: Blobs,
        sandboxes: Sandboxes,
        sandbox: str,
        images: Mapping[str, str],
        goal_wait_s: float = 0.0,
        reasoner: Reasoner | None = None,
        agents: Agents | None = None,
    ) -> None:
        self._node = node
        self._blobs = blobs
        self._sandboxes = sandboxes
        self._sandbox = sandbox
        self._images = images
        self._goal_wait_s = goal_wait_s
        self._reasoner = reasoner
        self._agents = agents
        self._standing = StandingChoice(lambda: choose(sandboxes, sandbox, (), images[PLAIN], asked=False))

    async def sandbox(self) -> SandboxChoice:
        """What a task would get now that names no language, image or limit. Kept for a few seconds."""
        return await self._standing.get()

    async def execute(self, work: Assignment, report: Report) -> Result:
        """Run one attempt to its end. Raises UsageError for a document that breaks a rule."""
        result = Result(reason="exited", attempt=work.attempt)
        try:
            source = await in_thread(lambda: open_source(self._blobs, work.document, check=check))
        except SourceMissing as missing:
            return _replace(result, reason="source_missing", detail=str(missing))
        try:
            found = await in_thread(lambda: source.detect(work.document))
            result = _replace(result, language=found.language, language_why=found.why)
            return await self._with_source(work, report, source, found, result)
        finally:
            source.close()

    async def _with_source(
        self, work: Assignment, report: Report, source: OpenSource, found: Detection, result: Result
    ) -> Result:
        allowance = allow(work.document.limits, found.language, goal=work.document.kind == "goal")
        workdir = checked_workdir(work.document.workdir)
        await report.phase("choosing", f"{LANGUAGES[found.language]}: {found.why}")
        try:
            choice = await self._choose(work, found)
        except NoSandbox as none:
            return _replace(result, reason="sandbox_unavailable", detail=str(none))
        if work.document.kind == "goal" and self._reasoner is not None:
            unable = await self._reasoner.ready(work)
            if unable is not None:
                return _replace(result, reason=unable.reason, detail=unable.detail, thinking=unable.thinking)
        result = _replace(
            result,
            sandbox=choice.sandbox.name,
            chosen=choice.why,
            image=choice.image,
            unlimited=choice.unlimited,
        )
        runner = Runner(work.document.env, workdir, allowance, report.output)
        return await self._attempt(
            Attempt(
                work,
                report,
                source,
                allowance,
                choice,
                found.language,
                runner,
                self._node.boot,
                self._node.scratch,
                self._blobs,
                self._reasoner,
                self._agents,
                self._goal_wait_s,
            ),
            result,
        )

    async def _choose(self, work: Assignment, found: Detection) -> Choice:
        document = work.document
        image = document.image or self._images[found.language]
        asked = document.image is not None
        return await choose(self._sandboxes, self._sandbox, document.requires, image, asked=asked)

    async def _attempt(self, attempt: Attempt, result: Result) -> Result:
        with scratch_file(self._node.scratch) as scratch:
            try:
                outcome = await attempt.run(scratch)
            except ChorusError as error:
                return _replace(result, reason="sandbox_unavailable", detail=told(error))
            result = _replace(
                _ended(result, attempt, outcome.ran),
                reason=outcome.ran.reason,
                exit_code=outcome.ran.exit_code,
                detail=outcome.ran.detail,
                partial=bool(outcome.incomplete),
                thinking=outcome.thinking,
            )
            if not outcome.collected:
                return result
            try:
                return await self._keep(attempt, outcome, result)
            except Refused as full:
                return _replace(result, reason="artifacts_refused", detail=told(full), partial=True)

    async def _keep(self, attempt: Attempt, outcome: Outcome, result: Result) -> Result:
        document = attempt.work.document
        keeper = Keeper(self._blobs, document, attempt.source.tree, attempt.allowance.disk)
        result = await in_thread(lambda: keeper.keep(outcome, result))
        if document.verify and outcome.ran.passed:
            return await self._verify(attempt, outcome, keeper, result)
        return result

    async def _verify(self, attempt: Attempt, outcome: Outcome, keeper: Keeper, result: Result) -> Result:
        if outcome.incomplete:
            detail = f"nothing was verified, since that needs every change: {outcome.incomplete}"
            return _replace(result, reason="artifacts_refused", detail=detail)
        document = attempt.work.document
        with scratch_file(self._node.scratch) as archive:
            protect = judges(document, attempt.language)
            before, data = attempt.source.tree, outcome.data
            room = await in_thread(
                lambda: clean_room(
                    before, published(before, data) if document.kind == "goal" else data, protect
                )
            )
            await in_thread(
                lambda: fill(
                    archive, lambda file: write_tree(room.nodes, TarWriter(checked(file.write)), before.nodes)
                )
            )
            ran = await attempt.verify(archive, room.size, len(room.nodes))
        failpoint("executor.verified")
        result = _replace(_ended(result, attempt, ran), restored=bounded(map(printable, room.restored)))
        if not ran.passed:
            return _unverified(result, ran, document.kind)
        return await in_thread(lambda: keeper.verified(room, result))


def _ended(result: Result, attempt: Attempt, ran: Ran) -> Result:
    """With the steps that were added, and all that was used."""
    return _replace(result, steps=(*result.steps, *ran.steps), usage=attempt.spent.usage())


def _unverified(result: Result, ran: Ran, kind: str) -> Result:
    """Verify decides success; a sandbox that went away decides nothing."""
    if ran.reason in ("sandbox_lost", "sandbox_unavailable"):
        return _replace(result, reason=ran.reason, detail=f"nothing was verified: {ran.detail}")
    action = ran.steps[-1].action
    line = action if isinstance(action, str) else " ".join(action)
    detail = ran.detail or f"it ended with {ran.exit_code}"
    if kind == "goal" and result.restored:
        detail += f"; files that judge the work had been touched, and were put back: {_few(result.restored)}"
    return _replace(result, reason="verify_failed", detail=f"verify `{line}`: {detail}")


def _few(paths: Sequence[str]) -> str:
    told = ", ".join(paths[:5])
    return told if len(paths) <= 5 else f"{told} and {len(paths) - 5} more"

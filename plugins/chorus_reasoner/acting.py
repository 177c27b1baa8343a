"""Does in the sandbox what the loop wants done, and says how that ended."""

from dataclasses import dataclass
from typing import Final

import trio

from chorus_hooks.errors import UsageError
from chorus_hooks.reasoner import Observed, Workbench
from chorus_reasoner.action import Edit, Run, Write, replaced
from chorus_reasoner.event import Seen
from chorus_reasoner.excerpt import readable
from chorus_reasoner.observation import MOST
from chorus_reasoner.redaction import Redactor

COMMAND_S: Final = 600.0
"""Longest one command: builds take minutes; what takes longer waits for something that never comes."""
MAX_EDIT: Final = 1 << 20
"""Bytes of a file that can be edited; more is no source text."""


@dataclass
class Acting:
    """The hands of one attempt. Raises Unreachable when the sandbox is gone."""

    bench: Workbench
    redactor: Redactor
    reserve_s: float

    async def do(self, deed: Run | Write | Edit) -> Seen:
        """One action, to its end."""
        try:
            match deed:
                case Run(command):
                    most_s = max(0.1, min(COMMAND_S, self.bench.left_s - self.reserve_s))
                    observed = await self.bench.run(command, timeout_s=most_s, keep=MOST)
                case Write(path, content):
                    observed = await self.bench.write(path, content.encode())
                case Edit():
                    return await self._edit(deed)
        except UsageError as error:
            return Seen("refused", text=error.message)
        return await self._seen(observed)

    async def _edit(self, edit: Edit) -> Seen:
        content = await self.bench.read(edit.path, most=MAX_EDIT + 1)
        if content is None:
            return Seen("refused", text=f"{edit.path} cannot be read: is it there, and a file?")
        if len(content) > MAX_EDIT:
            return Seen("refused", text=f"{edit.path} is too large to edit: use a command")
        try:
            new = replaced(content.decode(), edit)
        except UnicodeDecodeError:
            return Seen("refused", text=f"{edit.path} is no UTF-8 text: use a command")
        except ValueError as error:
            return Seen("refused", text=str(error))
        return await self._seen(await self.bench.write(edit.path, new.encode()))

    async def _seen(self, observed: Observed) -> Seen:
        text = await trio.to_thread.run_sync(self.redactor.text, readable(observed.output))
        return Seen(observed.reason, observed.code, text, observed.size, round(observed.wall_s, 3))

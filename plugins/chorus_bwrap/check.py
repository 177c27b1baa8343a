"""The check `bwrap`: really opens a sandbox and runs `true` in it."""

from chorus_hooks.errors import UsageError
from chorus_hooks.health import Check, Finding
from chorus_hooks.sandbox import Sandboxes
from chorus_hooks.service import Capabilities


def bwrap_check() -> Check:
    """A machine may do without: that is a warning. It is a failure when it worked before, in this process."""
    worked = False

    async def probe(capabilities: Capabilities) -> Finding:
        nonlocal worked
        try:
            sandbox = capabilities.get(Sandboxes).get("bwrap")
        except UsageError as error:
            return Finding("warning", error.message, "see `chorus plugin list`")
        found = await sandbox.probe(None)
        if not found.ok:
            return Finding("failed" if worked else "warning", found.why, found.cure)
        worked = True
        return Finding("ok", f"a sandbox opens; it limits {', '.join(sorted(sandbox.enforces))}")

    return Check("bwrap", probe, requires=(Sandboxes,), every=60.0, timeout=20.0)

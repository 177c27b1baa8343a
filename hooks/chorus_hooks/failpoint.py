"""Named places where a test may kill this process, to prove that nothing acknowledged is lost.

`CHORUS_FAILPOINT=journal.commit.before` kills the process with SIGKILL the first time that place is
reached, `…:3` the third time. Without the variable a failpoint costs one comparison.
"""

import os
import signal

from chorus_hooks.setting import Setting, text

FAILPOINT: Setting[str] = Setting(
    "CHORUS_FAILPOINT", text, "", "For crash tests: kill this process at a named place (see CONTRIBUTING)"
)

_armed, _, _count = os.environ.get(FAILPOINT.name, "").partition(":")
_left = int(_count) if _count.isdecimal() else 1


def failpoint(name: str) -> None:
    """Die here if this place was armed: no handler runs, no buffer is flushed."""
    if name == _armed:
        _fire()


def _fire() -> None:
    global _left
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)

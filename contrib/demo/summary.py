"""A real model's one line on the repair: SmolLM2, when its wheels can be had.

It is asked through CHORUS's own provider. What it says is shown, and nothing more: 135 million parameters are
enough to put a text shorter, and could not have made the repair.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

TEXT: Final = (
    "Summarize: A developer fixed a bug in the inventory program. Items exactly at their reorder level were"
    " not ordered. Now they are ordered, and all tests pass."
)
SECONDS: Final = 420.0
"""Most of it for 130 MB of wheels, the first time; they are kept in .cache/llama."""


@dataclass(frozen=True)
class Summary:
    """What the model said; when nothing, why not."""

    said: str = ""
    model: str = ""
    seconds: float = 0.0
    why_not: str = ""


def command() -> list[str]:
    """What is run, from the top of the repository."""
    return [sys.executable, "-m", "contrib.llama.say", TEXT]


def summarize() -> Summary:
    """Ask it."""
    try:
        done = subprocess.run(
            command(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return Summary(why_not=f"SmolLM2 did not answer within {SECONDS:g} s")
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        return Summary(why_not=lines[-1])
    told = json.loads(done.stdout)
    return Summary(told["said"], told["model"], told["seconds"])

"""Oracles with faults injected: every one within the limits, so every run has to recover."""

import socket
from dataclasses import replace

from contrib.eval import death
from contrib.eval.reply import FAULTS as OF_A_MODEL
from contrib.eval.reply import replies, with_faults
from contrib.eval.task import Task
from contrib.eval.trial import Bench, Trial

FAULTS = (*OF_A_MODEL, "all-of-them", "dead-provider", "kill-9")
SILENCE_S = 2


def recover(bench: Bench, task: Task, fault: str) -> Trial:
    """The oracle in spite of a fault."""
    if fault == "kill-9":
        return death.recover(bench, task)
    steps = replies(task.oracle)
    settings = {"CHORUS_MODEL_TIMEOUT": f"{SILENCE_S}s"}
    if fault == "dead-provider":
        settings |= {
            "CHORUS_AI_PROVIDERS": "resetdata,ollama",
            "RESETDATA_BASE_URL": f"http://127.0.0.1:{closed_port()}/v1",
            "RESETDATA_API_KEY": "not-a-real-key",
        }
    elif fault == "all-of-them":
        steps = with_faults(steps, OF_A_MODEL[: len(steps)])
    else:
        steps = with_faults(steps, [fault] * 2)
    changed = replace(bench, environment=settings)
    return changed.try_out(task, f"fault:{fault}", steps, should=True)


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

"""What came of each step, and whether it is what had to come. Pure but for hashing the files in --out."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steps import Step


@dataclass(frozen=True)
class Outcome:
    """One step that ran: chorus's exit code, the seconds it took, and the task as chorus recorded it."""

    step: Step
    exit_code: int
    seconds: float
    task: dict[str, Any]
    faults: list[str] = field(default_factory=list)

    @property
    def result(self) -> dict[str, Any]:
        return self.task.get("result") or {}

    @property
    def artifacts(self) -> list[dict[str, Any]]:
        return list(self.result.get("artifacts") or [])


def judge(step: Step, exit_code: int, seconds: float, task: dict[str, Any]) -> Outcome:
    """Compare with what was expected."""
    outcome = Outcome(step, exit_code, seconds, task)
    faults = []
    if exit_code != step.expected:
        faults.append(f"chorus ended with {exit_code}, not {step.expected}")
    if outcome.result.get("reason") != step.reason:
        faults.append(f"the reason is {outcome.result.get('reason')}, not {step.reason}")
    if step.artifacts is not None:
        faults += _wrong_artifacts(step.artifacts, outcome.artifacts)
    outcome.faults.extend(faults)
    return outcome


def _wrong_artifacts(directory: Path, artifacts: list[dict[str, Any]]) -> list[str]:
    if not artifacts:
        return ["no artifact was collected"]
    wrong = []
    for artifact in artifacts:
        file = directory / artifact["path"]
        if not file.is_file():
            wrong.append(f"{artifact['path']} is not in --out")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != artifact["sha256"]:
            wrong.append(f"{artifact['path']} does not have the recorded hash")
    return wrong

"""Calls `chorus` as a person would, and reads its JSON as a script would."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("chorus")
RUN_SECONDS = 60


class Chorus:
    """One state dir and one environment for all calls."""

    def __init__(self, state_dir: Path, environment: dict[str, str]) -> None:
        self.environment = {**os.environ, **environment, "CHORUS_STATE_DIR": str(state_dir)}

    def run(self, *arguments: str) -> int:
        """Show the command line, run it on this terminal, return its exit code."""
        sys.stdout.flush()
        return subprocess.run([PROGRAM, *arguments], env=self.environment, timeout=RUN_SECONDS).returncode

    def output(self, *arguments: str) -> str:
        """What a command prints."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            timeout=RUN_SECONDS,
        )
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """The JSON document that a command prints, whatever its exit code."""
        done = subprocess.run(
            [PROGRAM, *arguments, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        try:
            return json.loads(done.stdout)
        except ValueError:
            line = shlex.join(["chorus", *arguments, "--json"])
            raise SystemExit(
                f"demo: `{line}` printed no JSON; it ended with {done.returncode}\n{done.stderr}"
            ) from None


def command_line(arguments: list[str]) -> str:
    """As it would be typed."""
    return "chorus " + shlex.join(arguments)

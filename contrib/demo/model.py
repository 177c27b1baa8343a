"""A model for the demo's goals that plays what a script says: contrib/scripted, as a server of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps import Step

END_SECONDS = 10


@contextmanager
def played(step: Step, scratch: Path) -> Iterator[dict[str, str]]:
    """The environment in which `chorus` finds the model of a step; empty for a step without a goal."""
    if not step.replies:
        yield {}
        return
    script = scratch / f"{step.name}.json"
    script.write_text(json.dumps(step.replies), encoding="utf-8")
    command = [sys.executable, "-m", "contrib.scripted", str(script)]
    search = os.pathsep.join(filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH"))))
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": search},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            where = json.loads(server.stdout.readline())
            yield {
                "CHORUS_AI_PROVIDERS": "resetdata",
                "RESETDATA_BASE_URL": where["openai"],
                "RESETDATA_API_KEY": "scripted-needs-none",
            }
        finally:
            server.terminate()
            try:
                server.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()

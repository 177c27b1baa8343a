"""A running llama.cpp server, for as long as somebody needs it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PROGRAM: Final = Path(__file__).with_name("server.py")
START_S: Final = 60.0
END_S: Final = 5.0


@contextmanager
def serving(python: Path, model: Path, *, name: str, key: str, context: int, log: Path) -> Iterator[str]:
    """Yield the base URL of its OpenAI-compatible API; `context` is in tokens.

    Raises TimeoutError when it does not come up.
    """
    command = [str(python), str(PROGRAM), str(model), name, key, str(context)]
    with (
        log.open("w") as told,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told) as process,
    ):
        try:
            yield f"{_address(process)}/v1"
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: subprocess.Popen[bytes]) -> str:
    """What it prints once it is ready; llama.cpp says more on its standard output before."""
    assert process.stdout is not None
    until = time.monotonic() + START_S
    for line in process.stdout:
        if line.startswith(b"address "):
            return line.split()[1].decode()
        if time.monotonic() > until:
            break
    raise TimeoutError("the llama.cpp server did not come up")

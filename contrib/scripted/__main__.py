"""`python -m contrib.scripted SCRIPT.json [--port 0] [--record FILE]`."""

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

from contrib.scripted.script import parse_script
from contrib.scripted.server import serve


def main() -> None:
    parser = argparse.ArgumentParser("python -m contrib.scripted", description="Play a model from a script.")
    parser.add_argument("script", type=Path, help="see contrib/scripted/README.md")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--record", type=Path, help="write what is asked to this file, an object a line")
    given = parser.parse_args()
    try:
        script = parse_script(given.script.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        sys.exit(f"{given.script} is no script: {error}")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(script, given.port, given.record))


main()

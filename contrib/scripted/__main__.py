"""`python -m contrib.scripted [serve] SCRIPT.json`, and `… record --upstream URL --out SCRIPT.json`."""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from contrib.scripted.recorder import record
from contrib.scripted.script import parse_script
from contrib.scripted.server import serve
from contrib.scripted.upstream import server_url


def main() -> None:
    parser = argparse.ArgumentParser("python -m contrib.scripted", description="Play a model from a script.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    playing = verbs.add_parser("serve", help="play a script; `serve` may be left out")
    playing.add_argument("script", type=Path, help="see contrib/scripted/README.md")
    playing.add_argument("--record", type=Path, help="write what is asked to this file, an object a line")
    recording = verbs.add_parser(
        "record", help="stand before a real server, and write a script of what it says"
    )
    recording.add_argument("--upstream", type=server_url, required=True, help="http://127.0.0.1:11434, …/v1")
    recording.add_argument("--out", type=Path, required=True, help="the script to write")
    for verb in (playing, recording):
        verb.add_argument("--port", type=int, default=0, help="0: any that is free")
    words = sys.argv[1:]
    if words and words[0] not in ("serve", "record", "-h", "--help"):
        words = ["serve", *words]
    given = parser.parse_args(words)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_recorded(given) if given.verb == "record" else _played(given))


def _played(given: argparse.Namespace) -> Coroutine[Any, Any, None]:
    try:
        script = parse_script(given.script.read_bytes())
    except (OSError, ValueError) as error:
        sys.exit(f"{given.script} is no script: {error}")
    return serve(script, given.port, given.record)


async def _recorded(given: argparse.Namespace) -> None:
    try:
        await record(given.upstream, given.out, given.port)
    except OSError as error:
        sys.exit(f"{given.out} cannot be written, or the port not be had: {error}")


main()

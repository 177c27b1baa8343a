"""What a step of a goal costs, and how soon a model's first word is seen.

The scripted model answers at once, and says when it did: from one answer to the next is a step, with all
that is between them: the reply read, recorded and told, the command `true` run in the warm sandbox, what came
of it recorded and sent. mini-swe-agent, beside it, gets the same replies from the same server.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from contrib.bench.rig import mini_swe_agent
from contrib.bench.rig.node import running
from contrib.bench.rig.row import at_most, percentile
from contrib.bench.startup import CHORUS, sandboxes
from contrib.eval.model import Model, model

STEPS = 40
ROUNDS = 3
WORDS = 9
COLD = 3
"""Steps that are not counted: the sandbox, the imports and the connection are warm after them."""
IMAGE = "chorus-test/python:1"
STEP_MS, WORD_MS = 150.0, 50.0


def main() -> None:
    rows: list[dict[str, Any]] = []
    skipped: list[str] = []
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as place, model(Path(place)) as server:
        state = Path(place) / "state"
        names = [name for name, *_ in sandboxes(skipped)]
        agent = None
        try:
            agent = mini_swe_agent.install() if "docker" in names else None
        except mini_swe_agent.NotThere as why:
            skipped.append(str(why))
        rows += steps(server, state, names, agent)
        rows += first_words(server, state)
    notes = [
        f"{STEPS} replies, each with the command `true`, {ROUNDS} rounds in turn",
        "a step: from one answer of the scripted model to its next; the sandbox is warm",
        "a step syncs its transcript and streams to whoever watches; mini-swe-agent does neither",
        f"first word: from when the model speaks to when `chorus run` has printed it; {WORDS} rounds",
    ]
    json.dump({"title": "Goals", "rows": rows, "notes": notes, "skipped": skipped}, sys.stdout)


def steps(server: Model, state: Path, names: list[str], agent: Path | None) -> list[dict[str, Any]]:
    ours: dict[str, list[float]] = {name: [] for name in names}
    theirs: list[float] = []
    for _ in range(ROUNDS):
        for name in names:
            server.plays(
                [*(f"{number}\n```bash\ntrue {number}\n```" for number in range(STEPS)), "SUBMIT: done"]
            )
            image = ["--image", IMAGE] if name == "docker" else []
            subprocess.run(
                goal(state, "--sandbox", name, "--steps", str(STEPS + 1), *image),
                env=settings(server),
                check=True,
                capture_output=True,
                timeout=300,
            )
            ours[name] += spans(server)
        if agent is not None:
            fence = mini_swe_agent.FENCE
            turns = [f"{number}\n```{fence}\ntrue {number}\n```" for number in range(STEPS)]
            server.plays([*turns, f"done\n```{fence}\n{mini_swe_agent.DONE}\n```"])
            mini_swe_agent.run(agent, f"{server.address}/v1", IMAGE)
            theirs += spans(server)
    rows = [row for name in names for row in told(name, ours[name])]
    if theirs:
        rows.append(at_most("a step of mini-swe-agent, docker, p50", 1000 * statistics.median(theirs), "ms"))
        ratio = statistics.median(ours["docker"]) / statistics.median(theirs)
        rows.append(at_most("a step, docker, beside mini-swe-agent", ratio, "x"))
    return rows


def told(name: str, spans: list[float]) -> list[dict[str, Any]]:
    return [
        at_most(f"a step, {name}, p50", 1000 * statistics.median(spans), "ms", STEP_MS),
        at_most(f"a step, {name}, p99", 1000 * percentile(spans, 0.99), "ms"),
    ]


def spans(server: Model) -> list[float]:
    return [later - sooner for sooner, later in pairwise(server.answered_at())][COLD:]


def first_words(server: Model, state: Path) -> list[dict[str, Any]]:
    alone = [first_word(server, state) for _ in range(WORDS)]
    with running(state, settings(server)):
        node = [first_word(server, state) for _ in range(WORDS)]
    return [
        at_most("first word, chorus run alone", 1000 * statistics.median(alone), "ms", WORD_MS),
        at_most("first word, through a node", 1000 * statistics.median(node), "ms", WORD_MS),
    ]


def first_word(server: Model, state: Path) -> float:
    """Seconds from the model's first word to the one that is read from `chorus run`."""
    server.plays(
        [{"text": "Wordily I say that I give up.\nGIVE UP: nothing to do", "piece": 7, "pause": 0.02}]
    )
    with subprocess.Popen(
        goal(state), env=settings(server), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as run:
        assert run.stdout is not None
        seen = b""
        while b"Wordily" not in seen:
            read = os.read(run.stdout.fileno(), 4096)
            if not read:
                raise SystemExit("chorus run ended without a word")
            seen += read
        at = time.monotonic()
        run.stdout.read()
    return at - server.answered_at()[0]


def goal(state: Path, *options: str) -> list[str]:
    return [CHORUS, "--state-dir", str(state), "run", *options, "--goal", "Do nothing.", "--verify", "true"]


def settings(server: Model) -> Mapping[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")}
    ours = {"CHORUS_AI_PROVIDERS": "ollama", "OLLAMA_ENDPOINT": server.address, "CHORUS_IMAGE_PULL": "never"}
    return {**mine, **ours}


if __name__ == "__main__":
    main()

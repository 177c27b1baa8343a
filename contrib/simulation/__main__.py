"""`python -m contrib.simulation`: many seeds, or one again. `make sim` calls it."""

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from pathlib import Path

from contrib.simulation.run import Outcome, simulate


def main() -> int:
    """Run them, say which broke a promise and how to see it again; 1 when one did."""
    asked = _arguments()
    began = time.monotonic()
    seeds = [asked.seed] if asked.seed is not None else range(asked.first, asked.first + asked.seeds)
    outcomes = []
    with multiprocessing.get_context("spawn").Pool(min(os.cpu_count() or 1, len(seeds))) as pool:
        for outcome in pool.imap_unordered(simulate, seeds):
            outcomes.append(outcome)
            if outcome.broken:
                print(
                    f"seed {outcome.seed}: {outcome.broken}\n  again: make sim SEED={outcome.seed}",
                    flush=True,
                )
    broken = sum(outcome.broken is not None for outcome in outcomes)
    print(
        f"simulated {len(outcomes)} meshes: {broken} broke a promise;"
        f" {sum(outcome.entries for outcome in outcomes)} entries acknowledged,"
        f" whole again after {_healed(outcomes)}; {time.monotonic() - began:.0f} s"
    )
    if asked.seed is not None:
        path = Path(f"dist/simulation-{asked.seed}.trace")
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(outcomes[0].lines) + "\n")
        print(f"what happened, line by line: {path}\n{outcomes[0].digest}")
    return int(broken > 0)


def _healed(outcomes: list[Outcome]) -> str:
    took = [outcome.healed for outcome in outcomes if outcome.broken is None]
    return f"{statistics.median(took):.1f} s (median), {max(took):.1f} s (longest)" if took else "never"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contrib.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many (200)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (1)")
    parser.add_argument("--seed", type=int, help="one of them again, with its trace in dist/")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

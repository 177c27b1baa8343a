"""`chorus`, `python -m chorus` and the zipapp all begin here."""

import gc
import sys

from chorus import __version__


def main() -> None:
    """Answer `--version` before anything is imported; hand everything else to the CLI."""
    if sys.argv[1:] == ["--version"]:
        print(f"chorus {__version__}")
        return
    # What imports make stays: looking for cycles there each 700 objects is a twentieth of a run.
    gc.set_threshold(50_000)
    from chorus.cli import run

    code = run(sys.argv[1:])
    gc.freeze()  # nor does it pay at the end: of a node's stop it was a third
    sys.exit(code)


if __name__ == "__main__":
    main()

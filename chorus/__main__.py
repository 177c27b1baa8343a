"""`chorus`, `python -m chorus` and the zipapp all begin here."""

import sys

from chorus import __version__


def main() -> None:
    """Answer `--version` before anything is imported; hand everything else to the CLI."""
    if sys.argv[1:] == ["--version"]:
        print(f"chorus {__version__}")
        return
    from chorus.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

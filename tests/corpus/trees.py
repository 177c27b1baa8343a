"""Hostile trees, made by code: what a person could have in the directory that is packed."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

Make = Callable[[Path], object]


def _all(*steps: Make) -> Make:
    def make(root: Path) -> None:
        for step in steps:
            step(root)

    return make


def _file(name: str | bytes, data: bytes = b"x") -> Make:
    def make(root: Path) -> None:
        path = root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return make


def _directory(name: str) -> Make:
    return lambda root: (root / name).mkdir(parents=True)


def _link(name: str, target: str) -> Make:
    return lambda root: (root / name).symlink_to(target)


def _socket(root: Path) -> None:
    here = Path.cwd()
    os.chdir(root)  # a socket's path may have 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
    finally:
        os.chdir(here)


KEPT: Final[dict[str, Make]] = {
    "nothing": _all(),
    "an empty file": _file("empty", b""),
    "an empty directory": _directory("empty"),
    "a newline in a name": _file("a\nb"),
    "a name that is not UTF-8": _file(b"\xff\xfe.txt"),
    "a name of 255 bytes": _file("n" * 255),
    "a name of 100 bytes": _file("n" * 100),
    "a path of 101 bytes": _file("d" * 50 + "/" + "n" * 50),
    "a path of 1500 bytes": _file(("d" * 150 + "/") * 9 + "n" * 140),
    "a name with a leading dash": _file("-rf"),
    "a name with spaces and quotes": _file(" 'a' \"b\" $(c) "),
    "an emoji": _file("🎶/🎵"),
    "a link to a file beside it": _all(_file("a"), _link("l", "a")),
    "a link upwards inside": _all(_file("d/e/f"), _link("d/e/l", "../../d/e/f")),
    "a link to nothing": _link("l", "missing"),
    "a link to itself": _link("l", "l"),
    "a link to its directory": _link("l", "."),
    "a link with a long target": _link("l", "t" * 200),
    "a file with holes": _all(_file("s"), lambda root: os.truncate(root / "s", 3 << 20)),
    "an executable": _all(_file("run"), lambda root: (root / "run").chmod(0o4750)),
}

SKIPPED: Final[dict[str, tuple[Make, str]]] = {
    "an absolute link": (_link("l", "/etc/passwd"), "l: is a link that leaves the tree, to /etc/passwd"),
    "a link that leaves": (_link("l", "../x"), "l: is a link that leaves the tree, to ../x"),
    "a link that leaves by another": (
        _all(_directory("d/e"), _link("d/e/up", "../.."), _link("l", "d/e/up/..")),
        "l: is a link that leaves the tree, to d/e/up/..",
    ),
    "a fifo": (lambda root: os.mkfifo(root / "p"), "p: is a fifo"),
    "a socket": (_socket, "socket: is a socket"),
}

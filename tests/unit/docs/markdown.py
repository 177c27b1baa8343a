"""Reads the Markdown pages of the repository: which there are, and the pieces that the tests check."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<text>.*?)^(?P=indent)```", re.M | re.S)
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language (may be empty), and its text."""

    language: str
    text: str


@cache
def pages() -> tuple[Path, ...]:
    """Every Markdown file that is or may be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        return tuple(ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file())
    outside = {".venv", ".cache", ".git", "node_modules"}
    return tuple(
        path for path in sorted(ROOT.rglob("*.md")) if outside.isdisjoint(path.relative_to(ROOT).parts)
    )


def by_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fences(text: str) -> list[Fence]:
    return [Fence(match["language"], match["text"]) for match in _FENCE.finditer(text)]


def without_fences(text: str) -> str:
    return _FENCE.sub("", text)


def spans(text: str) -> list[str]:
    """Code inside lines, as it would be typed on one line."""
    return [" ".join(span.split()) for span in _SPAN.findall(without_fences(text))]


def links(text: str) -> list[str]:
    """The targets of all links but those shown as code."""
    return _LINK.findall(_SPAN.sub("``", without_fences(text)))


def headings(text: str) -> Iterator[tuple[int, str]]:
    for match in _HEADING.finditer(without_fences(text)):
        yield len(match[1]), match[2]


def anchors(text: str) -> set[str]:
    """The ids that GitHub gives to headings: a repeated one gets a number."""
    found: set[str] = set()
    for _, heading in headings(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
        plain = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        anchor, n = plain, 0
        while anchor in found:
            n += 1
            anchor = f"{plain}-{n}"
        found.add(anchor)
    return found

"""What the Markdown pages point at exists: files, headings, make targets, commands of chorus."""

import re
import subprocess
from pathlib import Path

import pytest

from chorus.plugins import OWN_DISTRIBUTION, PluginHost, discover
from chorus.registry import Registry

ROOT = Path(__file__).resolve().parents[3]
CORE_COMMANDS = {"config", "id", "plugin"}

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```(?:sh|console|bash)?\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"(?:^|[ &(])chorus(?: --?[a-z-]+(?:[ =][/~$.]\S+)?)* ([a-z][a-z-]*)\b")
_MAKE = re.compile(r"(?:^|[ &(])make ([a-z]+)\b")


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    outside = {".venv", ".cache", ".git", "node_modules"}
    return [path for path in ROOT.rglob("*.md") if outside.isdisjoint(path.relative_to(ROOT).parts)]


def anchors(text: str) -> set[str]:
    """The ids that GitHub gives to headings."""
    headings = _HEADING.findall(_FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    broken = []
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.is_relative_to(ROOT) or not file.exists():
            broken.append(f"{target}: there is no such file")
        elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
            broken.append(f"{target}: there is no such heading")
    return broken


def shell_lines(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [line for match in _CODE.finditer(text) for line in (match[1] or match[2]).splitlines()]


def by_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_make_target_named_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    if page.parent != ROOT and not page.is_relative_to(ROOT / "docs"):
        known |= {"check"}  # a target of the example project that the page belongs to
    named = {name for line in shell_lines(page) for name in _MAKE.findall(line)}
    assert named - known - {"check"} == set()


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_command_named_exists(page: Path) -> None:
    plugins = PluginHost(point for point in discover() if point[1] == OWN_DISTRIBUTION)
    known = CORE_COMMANDS | set(Registry(plugins).commands()) | {"hello"}
    named = {name for line in shell_lines(page) for name in _CALL.findall(line)}
    assert named - known == set()


def test_the_checks_see_what_is_broken(tmp_path: Path) -> None:
    page = ROOT / "README.md"
    assert anchors("# Who may import whom?\n## `chorus run`\n") == {"who-may-import-whom", "chorus-run"}
    assert _CALL.findall("$ chorus --state-dir /tmp/x frobnicate --all") == ["frobnicate"]
    assert _LINK.findall("[a](b.md#c) and [d](https://e)") == ["b.md#c", "https://e"]
    assert broken_links(page.with_name("CHANGELOG.md")) == []

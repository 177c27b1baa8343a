"""How a model without tool calls says what to do: one fenced block, or one word on a line of its own. Pure.

The forms are those that models write by themselves: a ```bash block is a command, a ```file PATH block a
whole file (fences as in CommonMark: the closing one is at least as long as the opening one). A line that
begins with SUBMIT or GIVE UP ends the work. The first action in a reply counts; how many more there were
is told. A ```split block has parts of the goal, separated by
lines of ---. A block in any other language is talk.
"""

import re
from dataclasses import dataclass
from typing import Final

from chorus_reasoner.action import (
    BETWEEN,
    MAX_SUMMARY,
    VERIFY,
    Action,
    GiveUp,
    Malformed,
    Part,
    Run,
    Split,
    Submit,
    Write,
    split_of,
)

_OPENING: Final = re.compile(r"[ ]{0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_SHELLS: Final = frozenset({"bash", "sh", "shell", "zsh", "console", "shell-session", "terminal", "cmd"})
_WORD: Final = re.compile(
    r"[\s>#*_`-]*(?:\d+[.)]\s*)?[*_`]*(?P<word>SUBMIT|GIVE[ _]UP)[*_`]*"
    r"(?:\s*(?::|\s[-\u2013\u2014])[*_`]*\s*(?P<rest>.*)|\s*[.!]?[*_`]*\s*)$"
)
_FILE: Final = re.compile(r"(?:file|write)[ \t:=]+(?P<path>\S.*?)\s*$", re.IGNORECASE)

INSTRUCTIONS: Final = """\
Each reply holds your thought in a sentence or two, then exactly ONE action. The action is one of these four:

1. Run a command: a fenced block tagged bash.
```bash
ls -la && cat README.md
```
2. Write a whole file: a fenced block tagged file, with the path after it.
```file src/hello.py
print("hello")
```
3. Say that the goal is reached: a line that begins with SUBMIT: and says what you did.
SUBMIT: fixed the off-by-one in src/count.py; all tests pass
4. Say that it cannot be reached: a line that begins with GIVE UP: and says why.
GIVE UP: the goal needs a network, and there is none

Nothing else is executed. After your action stop writing: the next message shows what came of it. Never
write the output of a command yourself. When the text of a block holds ``` itself, open and close the block
with four backticks (````).
"""

SPLITTING: Final = """\
A large goal may be divided, as a fifth action: a fenced block tagged split, its parts separated by lines of
---. Each part is worked on by somebody who sees only its text, in a copy of the project as it is now; a line
that begins with VERIFY: is a command which passes when the part is reached. What they changed is merged.
```split
Implement src/left.py as its docstring says.
VERIFY: python3 -m unittest tests.test_left
---
Implement src/right.py as its docstring says.
VERIFY: python3 -m unittest tests.test_right
```
"""

NOTHING_FOUND: Final = """\
There was no action in your reply. Reply with ONE action:
a command in a block that begins with ```bash and ends with ```,
or a whole file in a block that begins with ```file PATH and ends with ```,
or a line SUBMIT: what you did,
or a line GIVE UP: why."""

_UNTAGGED: Final = "A block without a tag is not run: begin the block with ```bash to run a command.\n"
_UNCLOSED: Final = "Your block does not end: the reply was too long and was cut. Write less in one reply."
_EMPTY: Final = "Your block is empty: put the command into it."
_NO_PATH: Final = "Your file block names no path: begin it with ```file PATH, like ```file src/main.py."


@dataclass(frozen=True)
class Found:
    """The action of a reply, or why there is none; `more` actions were in it and are not done."""

    action: Action | Malformed
    more: int = 0


@dataclass
class _Block:
    info: str
    lines: list[str]
    closed: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def parse(text: str, *, shortened: bool = False) -> Found:
    """The action in a reply. `shortened` says that the reply was cut: its last block is then no action."""
    parts = _parts(text.replace("\r\n", "\n").split("\n"))
    found: list[Action | Malformed] = []
    for part in parts:
        action = _in_block(part, shortened) if isinstance(part, _Block) else _in_line(part, parts)
        if action is not None:
            found.append(action)
    if not found:
        untagged = any(isinstance(part, _Block) and not part.info for part in parts)
        return Found(Malformed((_UNTAGGED if untagged else "") + NOTHING_FOUND))
    return Found(found[0], len(found) - 1)


def _parts(lines: list[str]) -> list[_Block | str]:
    parts: list[_Block | str] = []
    block, closing = None, re.compile("")
    for line in lines:
        if block is not None:
            if closing.fullmatch(line):
                block.closed, block = True, None
            else:
                block.lines.append(line)
        elif opening := _OPENING.match(line):
            fence = opening["fence"]
            closing = re.compile(rf"[ ]{{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*")
            block = _Block(opening["info"].strip(), [])
            parts.append(block)
        else:
            parts.append(line)
    return parts


def _in_block(block: _Block, shortened: bool) -> Action | Malformed | None:
    language = block.info.split(maxsplit=1)[0].lower() if block.info else ""
    file = _FILE.match(block.info)
    if language in _SHELLS:
        return _command(block, shortened)
    if language == "split":
        return Malformed(_UNCLOSED) if not block.closed and shortened else _split(block)
    if file or language == "file":
        if not block.closed and shortened:
            return Malformed(_UNCLOSED)
        return Write(_path(file["path"]), _content(block)) if file else Malformed(_NO_PATH)
    return None


def _split(block: _Block) -> Split | Malformed:
    parts: list[Part] = []
    goal: list[str] = []
    verify: list[str] = []
    for line in [*block.lines, BETWEEN]:
        if line.strip() == BETWEEN:
            parts.append(Part("\n".join(goal).strip(), tuple(verify)))
            goal, verify = [], []
        elif line.startswith(VERIFY):
            verify.append(line.removeprefix(VERIFY).strip())
        else:
            goal.append(line)
    return split_of(parts)


def _command(block: _Block, shortened: bool) -> Action | Malformed:
    if not block.closed and shortened:
        return Malformed(_UNCLOSED)
    command = block.text.strip("\n")
    if not command.strip():
        return Malformed(_EMPTY)
    word = _WORD.match(command.strip())  # the word alone in a block is meant as the word
    if word and "\n" not in command.strip():
        return _ending(word["word"], word["rest"] or "")
    return Run(_without_prompt(command))


def _without_prompt(command: str) -> str:
    """`$ ls` as in a manual: no shell has a command called `$`."""
    lines = command.split("\n")
    return "\n".join(line.removeprefix("$ ") for line in lines) if lines[0].startswith("$ ") else command


def _path(text: str) -> str:
    for quote in "`\"'":
        if len(text) > 2 and text[0] == text[-1] == quote:
            return text[1:-1]
    return text


def _content(block: _Block) -> str:
    return block.text + "\n" if block.lines else ""


def _in_line(line: str, parts: list[_Block | str]) -> Action | None:
    word = _WORD.match(line)
    if word is None:
        return None
    talk = [part for part in parts if isinstance(part, str) and part is not line]
    return _ending(word["word"], word["rest"] or "\n".join(talk))


def _ending(word: str, text: str) -> Action:
    said = text.strip()[:MAX_SUMMARY]
    return Submit(said) if word == "SUBMIT" else GiveUp(said or "it did not say why")

"""Finds the calls of `chorus` in shell text, behind pipes, variables and wrappers. Pure."""

import re
import shlex
from collections.abc import Iterator

from tests.unit.docs.markdown import Fence

SHELL = {"", "sh", "bash", "console"}
_PROMPTED = {"", "console"}
_FILES = {"yaml", "ini", "systemd", "dockerfile"}
_KEY = re.compile(r"^\s*(?:- )?(?:run: *\|?|Exec\w+=-?|RUN )\s*")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_WRAPPERS = {"sudo", "exec", "env", "time", "nohup", "if", "!", "then", "do", "while"}
_REDIRECTIONS = {">", ">>", "<", ">&", "&>", "<<<"}


def calls(fence: Fence) -> Iterator[list[str]]:
    """The arguments of each call of `chorus` in a fenced block."""
    for line in lines(fence):
        yield from calls_in(line)


def lines(fence: Fence) -> Iterator[str]:
    """What a person would type: after the prompt where there is one; lines that end with `\\` joined."""
    text = fence.text.replace("\\\n", " ")
    if fence.language in _FILES:
        yield from (_KEY.sub("", line) for line in text.splitlines())
    elif fence.language in _PROMPTED:
        yield from (line.strip()[2:] for line in text.splitlines() if line.strip().startswith("$ "))
    elif fence.language in SHELL:
        yield from text.splitlines()


def calls_in(line: str) -> Iterator[list[str]]:
    """The arguments of each call in one line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    try:
        tokens = list(lexer)
    except ValueError:  # a quote that ends in another line
        return
    for words in _commands(tokens):
        while words and (_ASSIGNMENT.match(words[0]) or words[0] in _WRAPPERS):
            words = words[1:]
        if words[1:3] == ["-m", "chorus"]:
            words = words[2:]
        if words and words[0].rpartition("/")[2] in ("chorus", "chorus.pyz"):
            yield words[1:]
        elif words[1:] and words[1].rpartition("/")[2] == "chorus.pyz":
            yield words[2:]


def _commands(tokens: list[str]) -> Iterator[list[str]]:
    """Simple commands, redirections removed."""
    words: list[str] = []
    skip = False
    for token in tokens:
        if skip:
            skip = False
        elif token in _REDIRECTIONS:
            skip = True
            if words and words[-1].isdigit():
                words.pop()
        elif token and all(character in "();<>|&" for character in token):
            yield words
            words = []
        else:
            words.append(token)
    yield words

"""Every text in the source, with `…` where a value is put in."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from tests.unit.docs.markdown import ROOT

CODE = ("chorus", "hooks", "plugins")
HOLE = "…"


@cache
def of_the_code() -> tuple[str, ...]:
    files = (path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(templates(path.read_text(encoding="utf-8") for path in files))


def templates(sources: Iterable[str]) -> Iterator[str]:
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.JoinedStr):
                yield "".join(_part(value) for value in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def has(text: str, among: Iterable[str]) -> bool:
    """Whether a text, with `…` for values, is one of the templates or stands in one."""
    return any(text in template for template in among)


def _part(value: ast.expr) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else HOLE

"""Reads what a module of the contract offers from its source, so that it is shown as it is written. Pure."""

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard


@dataclass(frozen=True)
class Offer:
    """One public name: its code without bodies, its docstring, and the methods of a class.

    `kind` is "protocol", "class", "function" or "value".
    """

    name: str
    kind: str
    code: str
    doc: str
    methods: tuple["Offer", ...] = field(default=())


class Module:
    """The source of one module."""

    def __init__(self, source: str) -> None:
        self._lines = source.splitlines()
        self._tree = ast.parse(source)
        self.doc = ast.get_docstring(self._tree) or ""

    def offers(self) -> tuple[Offer, ...]:
        """Every public name, in the order of the source."""
        return tuple(self._offers())

    def _offers(self) -> Iterator[Offer]:
        for node, following in zip(self._tree.body, [*self._tree.body[1:], None], strict=True):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield self._class(node)
            elif _is_function(node) and not node.name.startswith("_"):
                yield self._function(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                name = _assigned(node)
                if name and not name.startswith("_") and not _is_plumbing(node):
                    yield Offer(name, "value", self._text(node), _string(following))

    def _class(self, node: ast.ClassDef) -> Offer:
        functions = [child for child in node.body if _is_function(child)]
        fields = [
            self._text(child)
            for child in node.body
            if isinstance(child, ast.Assign | ast.AnnAssign) and not (_assigned(child) or "_").startswith("_")
        ]
        head = "\n".join(self._lines[_first_line(node) - 1 : _end_of_head(node)])
        body = "\n" + textwrap.indent("\n".join(fields), "    ") if fields else " ..."
        methods = tuple(self._function(child) for child in functions if not child.name.startswith("_"))
        kind = "protocol" if any(_named(base, "Protocol") for base in node.bases) else "class"
        doc = ast.get_docstring(node) or ""
        return Offer(node.name, kind, head + body, doc, methods)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Offer:
        head = self._lines[_first_line(node) - 1 : node.body[0].lineno - 1]
        text = textwrap.dedent("\n".join(head)).rstrip()
        return Offer(node.name, "function", f"{text} ...", ast.get_docstring(node) or "")

    def _text(self, node: ast.stmt) -> str:
        return textwrap.dedent("\n".join(self._lines[node.lineno - 1 : node.end_lineno]))


def _is_function(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _first_line(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _end_of_head(node: ast.ClassDef) -> int:
    return node.body[0].lineno - 1


def _assigned(node: ast.Assign | ast.AnnAssign) -> str | None:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return target.id if isinstance(target, ast.Name) else None


def _is_plumbing(node: ast.Assign | ast.AnnAssign) -> bool:
    """`T = TypeVar("T")` and the like."""
    value = node.value
    return isinstance(value, ast.Call) and (_named(value.func, "TypeVar") or _named(value.func, "ParamSpec"))


def _named(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name) and node.id == name


def _string(node: ast.stmt | None) -> str:
    """The text of the string that follows a value as its docstring."""
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return node.value.value
    return ""

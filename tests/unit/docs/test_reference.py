"""The generated pages say what the code says, and how they are made."""

import ast
from pathlib import Path
from typing import get_args

from chorus.cli import load
from chorus_hooks import specs
from chorus_hooks.command import Command
from chorus_hooks.setting import Setting, text
from chorus_hooks.task import Reason
from contrib.reference import commands, contract, errors, json_forms
from contrib.reference.environment import row
from contrib.reference.markdown import MARK, page, table
from contrib.reference.pages import pages, write, written
from contrib.reference.source import Module

MODULE = '''\
"""What it is about."""

LIMIT: Final = 3
"""How many."""

_hidden = 4

@dataclass(frozen=True)
class Box(Generic[T]):
    """A box."""

    size: int
    name: str = ""

    def __init__(self) -> None: ...

    @property
    async def lid(
        self, *, wide: bool = True
    ) -> str:
        """Its lid."""
        return "x"

class Opens(Protocol[T]):
    """Opens."""

def opened() -> Box:
    """An open one."""
    return Box()
'''


def test_every_generated_page_is_what_make_docs_would_write() -> None:
    wanted, there = pages(), written()
    stale = sorted(name for name in wanted | there if wanted.get(name) != there.get(name))
    assert stale == [], "run make docs"


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    wanted = pages()
    assert write(wanted, tmp_path) == sorted(wanted)
    assert write(wanted, tmp_path) == []


def test_a_page_that_is_no_longer_generated_goes_and_one_by_hand_stays(tmp_path: Path) -> None:
    (tmp_path / "hand.md").write_text("# By hand\n")
    write({"a.md": page("A", "x"), "sub/b.md": page("B", "y")}, tmp_path)
    assert write({"a.md": page("A", "z")}, tmp_path) == ["a.md", "sub/b.md"]
    assert sorted(path.name for path in tmp_path.rglob("*.md")) == ["a.md", "hand.md"]


def test_every_hook_has_its_place() -> None:
    shown = contract.hooks_page(contract.contract_modules()["specs"])
    hooks = [name for name in vars(specs) if name.startswith("chorus_")]
    assert hooks
    assert [name for name in hooks if f"\n## `{name}`\n" not in shown] == []


def test_a_module_is_shown_as_it_is_written() -> None:
    module = Module(MODULE)
    limit, box, opens, opened = module.offers()
    assert module.doc == "What it is about."
    assert (limit.kind, limit.code, limit.doc) == ("value", "LIMIT: Final = 3", "How many.")
    assert box.code == '@dataclass(frozen=True)\nclass Box(Generic[T]):\n    size: int\n    name: str = ""'
    assert [method.name for method in box.methods] == ["lid"]
    assert box.methods[0].code.startswith("@property\nasync def lid(\n    self, *, wide")
    assert (opens.kind, opens.code) == ("protocol", "class Opens(Protocol[T]): ...")
    assert (opened.kind, opened.code) == ("function", "def opened() -> Box: ...")


def test_every_shown_piece_of_the_contract_is_python() -> None:
    for module in contract.contract_modules().values():
        for offer in module.offers():
            ast.parse(offer.code)
            for method in offer.methods:
                ast.parse(method.code)


def test_everything_public_in_the_contract_says_what_it_is_for() -> None:
    silent = [
        f"{name}.{offer.name}"
        for name, module in contract.contract_modules().items()
        for offer in module.offers()
        if offer.kind != "value" and not offer.doc
    ]
    assert silent == []


def test_every_error_and_every_reason_comes_with_advice() -> None:
    assert {kind.__name__ for kind in errors.kinds()} == set(errors.ADVICE)
    assert set(get_args(Reason)) == set(errors.REASONS)


def test_types_read_as_json() -> None:
    assert json_forms.words(tuple[str, ...] | None) == "array of text or null"
    assert json_forms.words(dict[str, int]) == "object of integer"


def test_a_setting_is_told_with_what_matters_about_it() -> None:
    secret = Setting("CHORUS_X", text, "", "A | B", secret=True, live=True)
    assert row(secret) == ("`CHORUS_X`", "", "live, secret", "A | B")
    assert row(Setting("CHORUS_Y", float, 2.0, "How long"))[1] == "`2`"
    assert row(Setting("CHORUS_Z", text, "x", "Default: the machine's"))[1] == ""


def test_a_cell_keeps_to_its_place() -> None:
    assert table(("a",), [("x | y\nz",)]) == "| a |\n|---|\n| x \\| y z |"
    assert table(("a",), []) == ""


def test_a_generated_page_says_so() -> None:
    assert page("T", "lead", "", "more") == f"# T\n\n{MARK}\n\nlead\n\nmore\n"


def test_a_command_is_told_by_its_own_docstring_not_by_its_line_in_the_list() -> None:
    assert next(commands.sections(load(WATCH, None), "chorus watch")) == "Look out, and tell."


def watch() -> None:
    """Look out, and tell."""


WATCH = Command("watch", f"{__name__}:watch", "Watch")

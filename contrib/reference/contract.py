"""The pages of the contract: every hook, and every public name of chorus_hooks with its docstring."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import chorus_hooks
from contrib.reference.markdown import code, page, prose, quoted, table
from contrib.reference.source import Module, Offer

OWN_PAGE = {"__init__": "", "markers": "", "specs": "hooks.md", "errors": "errors.md"}
"""Modules that have no page under contract/, and where they are told of instead."""

HOOKS_LEAD = """\
[Write a plugin](../how-to/write-a-plugin.md) shows how these are used. The module that implements them is
named by an entry point in the group `chorus`. The types are [the contract](contract.md)."""

CONTRACT_LEAD = """\
The package `chorus_hooks` is everything that a plugin may know of CHORUS: Protocols, which are the
capabilities that a service provides and requires, and value types. The hooks have [a page of their
own](hooks.md), and so have [the errors](errors.md)."""


def contract_modules() -> dict[str, Module]:
    """Every module of chorus_hooks, by name."""
    folder = Path(chorus_hooks.__file__).parent
    return {path.stem: Module(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))}


def hooks_page(specs: Module) -> str:
    """Every hook; the module's docstring leads."""
    parts = [
        f"The plugin API has the number {chorus_hooks.API_VERSION} (`chorus_hooks.API_VERSION`).",
        specs.doc,
    ]
    for hook in specs.offers():
        parts += [f"## `{hook.name}`", code(hook.code.removeprefix("@hookspec\n"), "python"), prose(hook.doc)]
    return page("Hooks", HOOKS_LEAD, *parts)


def contract_pages(modules: Mapping[str, Module]) -> dict[str, str]:
    """The index, and one page for each module, by file name."""
    pages = {}
    rows = []
    for name, module in modules.items():
        link = OWN_PAGE.get(name, f"contract/{name}.md")
        if link:
            offered = ", ".join(quoted(offer.name) for offer in module.offers() if offer.kind == "protocol")
            rows.append((f"[`{name}`]({link})", module.doc.partition("\n")[0], offered))
        if name not in OWN_PAGE:
            title = f"`chorus_hooks.{name}`"
            pages[f"contract/{name}.md"] = page(title, prose(module.doc), *_parts(module.offers()))
    index = page("The contract", CONTRACT_LEAD, table(("module", "is about", "Protocols"), rows))
    return {"contract.md": index, **pages}


def _parts(offers: tuple[Offer, ...]) -> Iterator[str]:
    for offer in offers:
        yield f"## `{offer.name}`"
        yield code(offer.code, "python")
        yield prose(offer.doc)
        for method in offer.methods:
            yield f"### `{offer.name}.{method.name}`"
            yield code(method.code, "python")
            yield prose(method.doc)

"""Every generated page: its path under docs/reference/, and its text."""

from pathlib import Path

from chorus.registry import Registry
from chorus_hooks.route import Route
from chorus_http.openapi.document import openapi_document
from chorus_http.routes.contributed import operations_of
from chorus_http.routes.health import OPERATIONS as HEALTH
from chorus_http.routes.table import API
from contrib.reference.built_in import configuration_of, registry
from contrib.reference.commands import command_pages
from contrib.reference.contract import contract_modules, contract_pages, hooks_page
from contrib.reference.environment import environment_page
from contrib.reference.errors import errors_page
from contrib.reference.http_api import http_pages
from contrib.reference.json_forms import json_page
from contrib.reference.markdown import MARK
from contrib.reference.metrics import metrics_page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


def pages() -> dict[str, str]:
    """All of them, as the code is now."""
    built_in = registry()
    modules = contract_modules()
    return {
        "environment.md": environment_page(built_in),
        **command_pages(built_in),
        "hooks.md": hooks_page(modules["specs"]),
        **contract_pages(modules),
        "errors.md": errors_page(),
        "json.md": json_page(),
        "metrics.md": metrics_page(built_in),
        **http_pages(openapi_document((*API, *operations_of(routes(built_in)), *HEALTH))),
    }


def routes(built_in: Registry) -> tuple[Route, ...]:
    """What the plugins add to the HTTP API."""
    return tuple(entry.value for entry in built_in.routes(configuration_of(built_in)).values())


def written(folder: Path = FOLDER) -> dict[str, str]:
    """The generated pages that are in a folder now."""
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.md")
    }
    return {name: text for name, text in texts.items() if MARK in text}


def write(wanted: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """Bring a folder up to date; a page that is no longer generated goes. Returns the names that changed."""
    there = written(folder)
    changed = [name for name in sorted(wanted | there) if wanted.get(name) != there.get(name)]
    for name in changed:
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()
    return changed

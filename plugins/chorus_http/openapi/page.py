"""The documentation page: one HTML document that needs nothing else, made from the OpenAPI document.

No script runs in it and nothing is fetched, so it works offline and under the strictest policy.
"""

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from chorus_http.openapi.style import STYLE, STYLE_HASH

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_METHODS: Final = ("get", "put", "post", "delete")

Json = Mapping[str, Any]


def page_of(document: Json) -> str:
    """The page."""
    title = escape(document["info"]["title"])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>"
        f"<p>{_prose(document['info']['description'])}</p>"
        '<p><a href="/openapi.json">openapi.json</a> is this page for programs.</p>'
        f"{''.join(_sections(document))}<h2>Schemas</h2>{''.join(_schemas(document))}</main></body></html>"
    )


def _sections(document: Json) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><p>{_prose(tag['description'])}</p>"
        for path, item in document["paths"].items():
            for method in _METHODS:
                if tag["name"] in item.get(method, {}).get("tags", ()):
                    yield _operation(method, path, item[method])


def _operation(method: str, path: str, operation: Json) -> str:
    return (
        f'<details class="{method}"><summary><b>{method.upper()}</b> <code>{escape(path)}</code> '
        f"<span>{escape(operation['summary'])}</span></summary>"
        f"<p>{_prose(operation.get('description', ''))}</p>"
        f"<pre>{escape(_curl(method, path, operation))}</pre>"
        f"{_parameters(operation)}{_body(operation)}{_responses(operation)}</details>"
    )


def _curl(method: str, path: str, operation: Json) -> str:
    token = "" if operation.get("security") == [] else ' \\\n  -H "Authorization: Bearer $TOKEN"'
    verb = "" if method == "get" else f" -X {method.upper()}"
    data = ""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        example = _first_example(content)
        data = f" \\\n  -H 'Content-Type: {kind}' \\\n  --data-binary '{_text(example)}'"
    return f"curl{verb} $URL{path}{token}{data}"


def _parameters(operation: Json) -> str:
    rows = [
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td><code>{escape(json.dumps(one['schema']))}</code></td>"
        f"<td>{_prose(one.get('description', ''))}</td></tr>"
        for one in operation.get("parameters", ())
    ]
    head = "<tr><th>parameter</th><th>in</th><th>type</th><th></th></tr>"
    return f"<table>{head}{''.join(rows)}</table>" if rows else ""


def _body(operation: Json) -> str:
    shown = []
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        shown.append(
            f"<h3>body</h3><p><code>{escape(kind)}</code> {_reference(content.get('schema', {}))}</p>"
        )
    return "".join(shown)


def _responses(operation: Json) -> str:
    rows = []
    for status, answer in operation["responses"].items():
        examples = "".join(
            f"<p><code>{escape(kind)}</code> {_reference(content.get('schema', {}))}</p>"
            f"<pre>{escape(_text(_first_example(content)))}</pre>"
            for kind, content in answer.get("content", {}).items()
            if int(status) < 400
        )
        rows.append(f"<tr><td>{status}</td><td>{_prose(answer['description'])}{examples}</td></tr>")
    return f"<h3>answers</h3><table>{''.join(rows)}</table>"


def _schemas(document: Json) -> Iterator[str]:
    for name, schema in document["components"]["schemas"].items():
        shown = escape(json.dumps(schema, indent=2))
        told = escape(schema.get("description", "").partition("\n")[0])
        yield (
            f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> '
            f"<span>{told}</span></summary><pre>{shown}</pre></details>"
        )


def _reference(schema: Json) -> str:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return f'<a href="#{escape(name)}">{escape(name)}</a>' if name else ""


def _first_example(content: Json) -> Any:
    if "example" in content:
        return content["example"]
    return next((one["value"] for one in content.get("examples", {}).values()), "")


def _text(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)


def _prose(text: str) -> str:
    """Text with what stands in backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))

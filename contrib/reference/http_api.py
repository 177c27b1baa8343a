"""The pages of the HTTP API, from its OpenAPI document. Pure."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from contrib.reference.markdown import code, page, prose, quoted, table

Json = Mapping[str, Any]

LEAD = """\
A running `chorus agent` serves this. It offers the same as a document for programs, `/openapi.json`, and for
people, `/docs`, both without a token. What has the tag `health` is on a port of its own, without a token too.
`chorus status` and `api.json` in the state dir say where both are.

Every path below `/api/v1` needs `Authorization: Bearer TOKEN`, with what is in `api-token` in the state dir.
Errors are problem documents (RFC 9457), whose `code` is that of [the errors](errors.md). The
[tutorial](../tutorial/node.md) uses all this with curl."""

COMMON = "Most routes may answer these too, so they are not told again there:"

_METHODS = ("get", "put", "post", "delete")
_LONGEST = 30
"""Lines of an example. A longer one is in the document that the node serves."""


def http_pages(document: Json) -> dict[str, str]:
    """The overview, one page for each tag, and one of the schemas, by file name."""
    by_tag: dict[str, list[tuple[str, str, Json]]] = {}
    for method, path, operation in operations(document):
        by_tag.setdefault((operation.get("tags") or ["other"])[0], []).append((method, path, operation))
    rows = [
        (f"[`{method} {path}`](http/{tag}.md#{anchor(method, path)})", operation.get("summary", ""))
        for tag, routes in by_tag.items()
        for method, path, operation in routes
    ]
    often = common(document)
    usual = table(("answer", "means"), sorted(often))
    pages = {"http.md": page("HTTP API", LEAD, table(("route", "does"), rows), usual and COMMON, usual)}
    for tag, routes in by_tag.items():
        parts = [part for route in routes for part in route_parts(document, *route, often)]
        pages[f"http/{tag}.md"] = page(f"HTTP API: {tag}", "", *parts)
    schemas = document.get("components", {}).get("schemas", {})
    parts = [part for name in sorted(schemas) for part in schema_parts(name, schemas[name])]
    return {**pages, "http/schemas.md": page("HTTP API: schemas", "", *parts)}


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Every route in the order of the document."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def anchor(method: str, path: str) -> str:
    """The id that GitHub gives to the heading of a route."""
    kept = "".join(
        character for character in f"{method} {path}".lower() if character.isalnum() or character in "-_ "
    )
    return kept.replace(" ", "-")


def common(document: Json) -> set[tuple[str, str]]:
    """The failures, with what they mean, that more than half of the routes may answer."""
    told_of = [operation["responses"] for _, _, operation in operations(document)]
    count = Counter(
        (status, told(resolved(document, answer)))
        for responses in told_of
        for status, answer in responses.items()
        if status >= "4"
    )
    return {failure for failure, times in count.items() if 2 * times > len(told_of) > 1}


def route_parts(
    document: Json, method: str, path: str, operation: Json, often: Collection[tuple[str, str]]
) -> Iterator[str]:
    """One route: what it is for, what it takes, what it answers."""
    yield f"## `{method} {path}`"
    yield str(operation.get("summary", ""))
    yield prose(operation.get("description"))
    parameters = [resolved(document, parameter) for parameter in operation.get("parameters", ())]
    yield table(
        ("parameter", "in", "is", ""),
        [(quoted(p["name"]), p["in"], words(p["schema"]), p.get("description", "")) for p in parameters],
    )
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body: `{media}`, {words(content.get('schema', {}))}."
        yield from examples(content)
    yield from answers(document, operation, often)


def answers(document: Json, operation: Json, often: Collection[tuple[str, str]]) -> Iterator[str]:
    """Every documented outcome but the usual failures, then the examples of those that went well."""
    shown = {status: resolved(document, answer) for status, answer in operation["responses"].items()}
    rows = [
        (status, told(answer), body(answer))
        for status, answer in shown.items()
        if (status, told(answer)) not in often
    ]
    yield table(("answer", "means", "body"), rows)
    for status, answer in shown.items():
        if status.startswith("2"):
            for content in answer.get("content", {}).values():
                yield from examples(content)


def told(answer: Json) -> str:
    """What an outcome means, and which headers come with it."""
    headers = ", ".join(quoted(name) for name in answer.get("headers", {}))
    return str(answer.get("description", "")) + (f" ({headers})" if headers else "")


def body(answer: Json) -> str:
    """The types of body of an outcome."""
    return "; ".join(
        f"`{media}` {words(content.get('schema', {}))}".strip()
        for media, content in answer.get("content", {}).items()
    )


def examples(content: Json) -> Iterator[str]:
    """Examples of JSON as code; of other types as text."""
    values = [content["example"]] if "example" in content else []
    values += [example["value"] for example in content.get("examples", {}).values() if "value" in example]
    for value in values:
        text = (
            value.rstrip("\n") if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        )
        if text.count("\n") < _LONGEST:
            yield code(text, "text" if isinstance(value, str) else "json")


def schema_parts(name: str, schema: Json) -> Iterator[str]:
    """One named schema: its properties, or what it is when it has none."""
    yield f"## {name}"
    yield prose(schema.get("description"))
    required = schema.get("required", ())
    rows = [
        (
            quoted(field),
            words(inner),
            "required" if field in required else default(inner),
            inner.get("description", ""),
        )
        for field, inner in schema.get("properties", {}).items()
    ]
    yield table(("field", "is", "default", ""), rows) or words(schema)


def default(schema: Json) -> str:
    """The default as JSON."""
    return quoted(json.dumps(schema["default"], ensure_ascii=False)) if "default" in schema else ""


def words(schema: Json) -> str:
    """A schema in a few words, with its bounds."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](schemas.md#{name.lower()})"
    if "const" in schema:
        return quoted(str(schema["const"]))
    if "enum" in schema:
        return ", ".join("null" if value is None else quoted(str(value)) for value in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(words(part) for part in schema[several])
    kind = schema.get("type", "any JSON")
    if kind == "array":
        return f"array of {words(schema.get('items', {}))}"
    said = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return ", ".join([said, *bounds(schema)])


def bounds(schema: Json) -> Iterator[str]:
    """The rules of a schema that bound its values."""
    for rule, sign in (
        ("minimum", "≥"),
        ("maximum", "≤"),
        ("maxLength", "length ≤"),
        ("minLength", "length ≥"),
    ):
        if rule in schema:
            yield f"{sign} {schema[rule]}"
    if "pattern" in schema:
        yield f"`{schema['pattern']}`"


def resolved(document: Json, value: Json) -> Json:
    """What a reference into the document points at."""
    while "$ref" in value:
        found: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        value = found
    return value

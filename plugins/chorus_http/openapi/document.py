"""The OpenAPI 3.1 document, made from the same operations that are served. Pure.

`openapi_document()` needs no running node; `make docs` writes the reference from it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from chorus_hooks.route import Answer
from chorus_http.openapi.errors import errors_of, problem_example
from chorus_http.routes.table import API
from chorus_http.server.answer import JSON
from chorus_http.server.operation import Operation, Parameter
from chorus_http.server.problem import MEDIA_TYPE, Problem

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_ABOUT: Final = """\
The API of one node. Every path below `/api/v1` needs `Authorization: Bearer TOKEN`, with what is in
`api-token` in the node's state dir. Errors are problem documents (RFC 9457); unknown fields and query
parameters are refused. Answers of a node may have more fields than are told here."""
_TAGS: Final = {
    "tasks": "Work: submitted, followed, cancelled, and what it left.",
    "approvals": "What tasks ask people, and the answers.",
    "blobs": "Bytes under the name of their hash: sources of tasks, and what tasks made.",
    "node": "The node itself, and what changes in it.",
    "journal": "The node's signed log, and proofs about it.",
}
_METHODS: Final = ("get", "put", "post", "delete")


def openapi_document(operations: Iterable[Operation] = API) -> Json:
    """The document of these operations: by default those of this plugin alone."""
    operations = tuple(operations)
    types = [Problem, *(kind for operation in operations for kind in _types(operation))]
    _, components = msgspec.json.schema_components(list(dict.fromkeys(types)), ref_template=_REF)
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    used = dict.fromkeys(operation.tag for operation in operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CHORUS node",
            "version": "1",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": _TAGS.get(name, "From a plugin.")} for name in used],
        "paths": {
            path: dict(sorted(item.items(), key=lambda one: _METHODS.index(one[0])))
            for path, item in paths.items()
        },
        "components": {
            "schemas": {name: _tidy(schema) for name, schema in sorted(components.items())},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "What is in `api-token`"}
            },
        },
    }


def _types(operation: Operation) -> Iterable[Any]:
    if operation.body is not None:
        yield operation.body
    for answer in operation.answers:
        if answer.body not in (None, str, bytes):
            yield answer.body


def _operation(operation: Operation) -> Json:
    described = {"description": operation.description} if operation.description else {}
    parameters = [*map(_parameter, operation.parameters), *_query(operation.query)]
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        **described,
        "tags": [operation.tag],
        **({"parameters": parameters} if parameters else {}),
        **_request(operation),
        "responses": _responses(operation),
        **({"security": []} if operation.open else {}),
    }


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.meaning,
        "schema": dict(parameter.schema),
        **({} if parameter.example is None else {"example": parameter.example}),
    }


def _query(kind: type[msgspec.Struct] | None) -> Iterable[Json]:
    """Each field of the struct as a parameter. One that may be left out is not null, but absent."""
    if kind is None:
        return
    _, components = msgspec.json.schema_components([kind], ref_template=_REF)
    schema = components[kind.__name__]
    for name, rule in schema["properties"].items():
        said = dict(rule)
        meaning = said.pop("description", "")
        choices = [part for part in said.pop("anyOf", ()) if part.get("type") != "null"]
        if choices:
            said = {**said, **choices[0]}
        if None in said.get("enum", ()):
            said["enum"] = [value for value in said["enum"] if value is not None]
        if said.get("default", "") is None:
            del said["default"]
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": meaning or said.pop("description", ""),
            "schema": _without_description(said),
        }


def _without_description(schema: Json) -> Json:
    return {name: value for name, value in schema.items() if name != "description"}


def _request(operation: Operation) -> Json:
    if operation.upload:
        content: Json = {
            "application/octet-stream": {
                "schema": {"type": "string", "contentMediaType": "application/octet-stream"},
                "example": "hello",
            }
        }
    elif operation.body is not None:
        examples = {
            name: {"value": msgspec.to_builtins(example)} for name, example in operation.examples.items()
        }
        content = {JSON: {"schema": _schema(operation.body), **({"examples": examples} if examples else {})}}
    else:
        return {}
    return {"requestBody": {"required": True, "content": content}}


def _responses(operation: Operation) -> Json:
    responses: dict[str, Json] = {}
    for answer in operation.answers:
        said = responses.setdefault(str(answer.status), {"description": answer.meaning})
        if answer.meaning != said["description"]:
            said["description"] += f". Or: {answer.meaning}"
        headers = _headers(operation, answer.status)
        if headers:
            said["headers"] = headers
        if answer.body is not None:
            said.setdefault("content", {})[answer.media_type] = _content(answer)
    for status, meaning in errors_of(operation).items():
        if str(status) not in responses:
            responses[str(status)] = _problem(status, meaning)
    return dict(sorted(responses.items()))


def _headers(operation: Operation, status: int) -> Json:
    if status not in (200, 201, 202, 206):
        return {}
    return {
        name: {"description": meaning, "schema": {"type": "string"}}
        for name, meaning in operation.headers.items()
    }


def _content(answer: Answer) -> Json:
    content: Json = {"schema": _schema(answer.body)}
    if answer.example is not None:
        content["example"] = msgspec.to_builtins(answer.example)
    return content


def _problem(status: int, meaning: str) -> Json:
    described: Json = {
        "description": meaning,
        "content": {MEDIA_TYPE: {"schema": _schema(Problem), "example": problem_example(status, meaning)}},
    }
    if status in (429, 503):
        described["headers"] = {
            "Retry-After": {"description": "Seconds", "schema": {"type": "integer", "minimum": 1}}
        }
    return described


def _schema(kind: Any) -> Json:
    if kind is str:
        return {"type": "string"}
    if kind is bytes:
        return {"type": "string", "contentMediaType": "application/octet-stream"}
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return schema


def _tidy(schema: Mapping[str, Any]) -> Json:
    """Without the title, which is the schema's name anyway."""
    return {name: value for name, value in schema.items() if name != "title"}

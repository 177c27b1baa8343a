"""The OpenAPI document: valid, true to what is served, and its examples fit its own schemas."""

from collections.abc import Iterator
from typing import Any, Literal

import jsonschema_rs
import msgspec
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from chorus_hooks.route import Answer, Reply, Request, Route
from chorus_http.openapi.document import openapi_document
from chorus_http.openapi.errors import errors_of
from chorus_http.routes.contributed import operations_of
from chorus_http.routes.health import OPERATIONS as HEALTH
from chorus_http.routes.table import API
from chorus_http.server.answer import JSON
from chorus_http.server.operation import Operation
from chorus_journal.routes import routes as journal_routes


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something."""

    count: int = 1


class Which(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which one."""

    size: Literal["small", "large", None] = None


class Given(msgspec.Struct, frozen=True):
    """Something else."""

    name: str


async def _handle(capabilities: Any, request: Request) -> Reply:
    return Reply(Given("x"), 201)


POST = Route(
    "POST",
    "/things/{name}",
    "Make a thing",
    _handle,
    (Answer(201, "It is made", Given, Given("x")), Answer(409, "There is one already")),
    query=Which,
    body=Ask,
    examples={"one": Ask(count=2)},
)
OPERATIONS = (*API, *HEALTH, *operations_of((*journal_routes(), POST)))
DOCUMENT: dict[str, Any] = msgspec.to_builtins(openapi_document(OPERATIONS))


def operations() -> Iterator[tuple[str, str, Any]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def contents(operation: Any) -> Iterator[tuple[str, str, Any]]:
    """What is sent and answered: a name for a failure, the media type, and schema with examples."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "body", kind, content
    for status, answer in operation["responses"].items():
        for kind, content in answer.get("content", {}).items():
            yield status, kind, content


def examples_of(content: Any) -> list[Any]:
    given = [content["example"]] if "example" in content else []
    return given + [one["value"] for one in content.get("examples", {}).values()]


def check(schema: Any, value: object, name: str) -> None:
    wanted = {**schema, "components": DOCUMENT["components"]}
    errors = [str(error) for error in jsonschema_rs.Draft202012Validator(wanted).iter_errors(value)]
    assert not errors, (name, errors)


@pytest.mark.parametrize("given", [API, OPERATIONS], ids=["own", "with those of plugins"])
def test_it_is_valid_openapi_3_1(given: tuple[Operation, ...]) -> None:
    document = msgspec.to_builtins(openapi_document(given))
    errors = [
        f"{error.instance_path}: {error}"
        for error in jsonschema_rs.Draft202012Validator(OPENAPI_31).iter_errors(document)
    ]
    assert not errors
    assert document["openapi"].startswith("3.1")


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    named = DOCUMENT["components"]["schemas"]
    for schema in named.values():
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    for reference in references(DOCUMENT):
        assert reference.removeprefix("#/components/schemas/") in named, reference


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_body_and_every_answer_has_an_example_that_fits_its_schema() -> None:
    for method, path, operation in operations():
        for where, kind, content in contents(operation):
            name = f"{method} {path} {where} {kind}"
            examples = examples_of(content)
            assert examples, name
            for example in examples:
                check(content["schema"], example, name)


def test_every_example_of_a_parameter_fits_and_every_part_of_a_path_is_told() -> None:
    for method, path, operation in operations():
        parameters = operation.get("parameters", [])
        in_path = {one["name"] for one in parameters if one["in"] == "path"}
        assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path
        for one in parameters:
            if "example" in one:
                check(one["schema"], one["example"], f"{method} {path} {one['name']}")
            if "default" in one["schema"]:
                check(one["schema"], one["schema"]["default"], f"{method} {path} {one['name']}")


def test_nothing_in_a_query_can_be_null() -> None:
    for method, path, operation in operations():
        for one in operation.get("parameters", []):
            assert None not in one["schema"].get("enum", ()), f"{method} {path} {one['name']}"
            assert not jsonschema_rs.is_valid(one["schema"], None), f"{method} {path} {one['name']}"


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names) == len(OPERATIONS)


def test_every_error_is_a_problem_document_of_that_status_unless_the_route_says_otherwise() -> None:
    for operation in OPERATIONS:
        told = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
        own = {answer.status for answer in operation.answers}
        for status in errors_of(operation).keys() - own:
            content = told[str(status)]["content"]["application/problem+json"]
            assert content["example"]["status"] == status
            assert ("Retry-After" in told[str(status)].get("headers", {})) == (status in (429, 503))


def test_only_what_needs_no_token_says_so() -> None:
    for _, path, operation in operations():
        needs_none = operation.get("security") == []
        assert needs_none == (not path.startswith("/api/v1")), path
        assert ("401" in operation["responses"]) == (not needs_none)


def test_a_route_of_a_plugin_is_told_as_one_of_ours() -> None:
    told = DOCUMENT["paths"]["/api/v1/things/{name}"]["post"]
    assert told["requestBody"]["content"][JSON]["examples"] == {"one": {"value": {"count": 2}}}
    assert set(told["responses"]) == {"201", "401", "408", "409", "413", "415", "421", "422", "503"}
    assert told["responses"]["409"]["description"] == "There is one already"
    assert list(told["responses"]["409"]["content"]) == ["application/problem+json"]
    proof = DOCUMENT["paths"]["/api/v1/journal/proof/{seq}"]["get"]
    assert {"200", "304", "404"} <= set(proof["responses"])
    assert "If-None-Match" in {one["name"] for one in proof["parameters"]}


def test_making_it_twice_gives_the_same_bytes() -> None:
    again = openapi_document(OPERATIONS)
    assert msgspec.json.encode(again) == msgspec.json.encode(DOCUMENT)

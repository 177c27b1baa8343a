"""The pages of the HTTP API say what its OpenAPI document says."""

from typing import Any

from contrib.reference.http_api import anchor, http_pages, words
from contrib.reference.pages import pages
from tests.unit.docs.markdown import anchors

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/api/v1/tasks/{id}": {
            "parameters": [],
            "post": {
                "tags": ["tasks"],
                "summary": "Do it",
                "description": "First.\n\nSecond.",
                "parameters": [
                    {"$ref": "#/components/parameters/id"},
                    {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 9},
                        "description": "How many | at most",
                    },
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/Thing"},
                            "examples": {"small": {"value": {"size": 1}}},
                        }
                    }
                },
                "responses": {
                    "202": {
                        "description": "Taken",
                        "headers": {"Location": {}},
                        "content": {
                            "text/event-stream": {"schema": {"type": "string"}, "example": "id: 1\n"}
                        },
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            },
        },
    },
    "components": {
        "parameters": {
            "id": {"name": "id", "in": "path", "schema": {"type": "string"}, "description": "Which"}
        },
        "responses": {"NotFound": {"description": "No such task"}},
        "schemas": {
            "Thing": {
                "description": "A thing.",
                "required": ["size"],
                "properties": {
                    "size": {"type": "integer"},
                    "name": {"type": ["string", "null"], "default": None},
                },
            }
        },
    },
}


def test_a_route_is_told_with_all_that_the_document_has() -> None:
    made = http_pages(DOCUMENT)
    route = made["http/tasks.md"]
    assert set(made) == {"http.md", "http/tasks.md", "http/schemas.md"}
    assert "| [`POST /api/v1/tasks/{id}`](http/tasks.md#post-apiv1tasksid) | Do it |" in made["http.md"]
    assert "Do it\n\nFirst.\n\nSecond." in route
    assert (
        "| `id` | path | string | Which |\n| `limit` | query | integer, ≥ 1, ≤ 9 | How many \\| at most |"
        in route
    )
    assert 'Body: `application/json`, [Thing](schemas.md#thing).\n\n```json\n{\n  "size": 1\n}\n```' in route
    assert "| 202 | Taken (`Location`) | `text/event-stream` string |\n| 404 | No such task |  |" in route
    assert "```text\nid: 1\n```" in route
    assert (
        "| `size` | integer | required |  |\n| `name` | string or null | `null` |  |"
        in made["http/schemas.md"]
    )


def test_links_to_routes_lead_to_their_headings() -> None:
    heading = "POST /api/v1/tasks/{id}"
    assert anchors(f"## `{heading}`") == {anchor(*heading.split())}


def test_schemas_are_told_in_words() -> None:
    assert words({"enum": ["a", None]}) == "`a`, null"
    assert (
        words({"anyOf": [{"type": "array", "items": {"const": 1}}, {"type": "null"}]})
        == "array of `1` or null"
    )
    assert words({"type": "string", "pattern": "^a$", "maxLength": 2}) == "string, length ≤ 2, `^a$`"
    assert words({}) == "any JSON"


def test_the_real_api_has_its_pages() -> None:
    assert "`POST /api/v1/tasks`" in pages()["http.md"]

"""What a task left under /workspace/output."""

from mimetypes import guess_type
from typing import Final
from urllib.parse import quote

from chorus_hooks.blob import Blob
from chorus_hooks.errors import NotFound
from chorus_hooks.route import Answer
from chorus_hooks.task import Artifact, Task
from chorus_http.routes import examples
from chorus_http.routes.blobs import FETCH_HEADERS, FETCHED, RANGE, serve
from chorus_http.routes.shapes import ArtifactList
from chorus_http.routes.tasks import ID, IF_NONE_MATCH, NOT_MODIFIED, TASKS
from chorus_http.server.answer import Answered, Whole, json_answer, tagged
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Operation, Parameter

_HARMLESS: Final = frozenset(
    {"application/json", "application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "text/csv"}
)
"""Types that a browser shows without running anything. All else of a task is bytes to be saved."""


async def list_artifacts(side: NodeSide, call: Call) -> Whole:
    """The list."""
    call.query(NO_QUERY)
    task = await side.reading.ask(side.queries.get(call.path["id"]))
    return tagged(json_answer(ArtifactList(artifacts=_artifacts(task))), call.header(b"if-none-match"))


async def fetch(side: NodeSide, call: Call) -> Answered:
    """One of them."""
    call.query(NO_QUERY)
    task = await side.reading.ask(side.queries.get(call.path["id"]))
    path = call.path["path"]
    found = next((artifact for artifact in _artifacts(task) if artifact.path == path), None)
    if found is None:
        raise NotFound(
            f"task {task.id[:12]} has no artifact {path[:200]!r}", hint=f"GET {TASKS}/{{id}}/artifacts"
        )
    return await serve(side, call, Blob(found.sha256, found.size), media_type(path), _headers(path))


def media_type(path: str) -> str:
    """The type by the name, when nothing of that type can run in a browser. Pure."""
    guessed = guess_type(path, strict=True)[0] or ""
    if guessed in _HARMLESS:
        return guessed
    return "text/plain; charset=utf-8" if guessed == "text/plain" else "application/octet-stream"


def _headers(path: str) -> dict[str, str]:
    name = path.rpartition("/")[2]
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
    }


def _artifacts(task: Task) -> tuple[Artifact, ...]:
    return task.result.artifacts if task.result else ()


OPERATIONS: Final = (
    Operation(
        "GET",
        f"{TASKS}/{{id}}/artifacts",
        "List what a task left",
        list_artifacts,
        (
            Answer(200, "The files, empty before the task has ended", ArtifactList, examples.ARTIFACTS),
            NOT_MODIFIED,
        ),
        "tasks",
        parameters=(ID, IF_NONE_MATCH),
        errors={404: "There is no such task"},
        headers={"ETag": "Changes with the content"},
    ),
    Operation(
        "GET",
        f"{TASKS}/{{id}}/artifacts/{{path}}",
        "Fetch a file that a task left",
        fetch,
        FETCHED,
        "tasks",
        "As an attachment, with a type by which no browser runs anything of it.",
        parameters=(
            ID,
            Parameter(
                "path",
                "path",
                "Its path under /workspace/output",
                {"type": "string", "minLength": 1},
                "report.xml",
            ),
            RANGE,
            IF_NONE_MATCH,
        ),
        errors={
            404: "There is no such task or file, or its bytes are gone",
            416: "The range begins beyond the end",
        },
        headers=FETCH_HEADERS,
    ),
)

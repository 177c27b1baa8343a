"""Blobs: bytes under the name of their hash, in by stream and out from files, never held in memory."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Final

import trio

from chorus_hooks.blob import Blob, BlobWriter
from chorus_hooks.errors import Busy, NotFound
from chorus_hooks.replica import Fetcher
from chorus_hooks.route import Answer
from chorus_http.routes import examples
from chorus_http.routes.shapes import StoredBlob
from chorus_http.routes.tasks import IF_NONE_MATCH, NOT_MODIFIED
from chorus_http.server.answer import Answered, Streamed, Whole, json_answer, matches
from chorus_http.server.byte_range import asked_range
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.files import CHUNK
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Operation, Parameter
from chorus_http.server.problem import ProblemError
from chorus_http.server.sse import nothing
from chorus_http.settings import API_MAX_BLOB

BLOBS: Final = "/api/v1/blobs"
BYTES: Final = "application/octet-stream"
FOREVER: Final = "private, max-age=31536000, immutable"
"""What a hash names never changes."""

FETCH_S: Final = 20.0
"""For a blob to come from peers, while a client waits for the first byte. What came by then is kept."""

SHA256 = Parameter(
    "sha256",
    "path",
    "The SHA-256 of the bytes, 64 lower-case hex digits",
    {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    examples.SHA256,
)
RANGE = Parameter(
    "Range", "header", "One range of bytes", {"type": "string", "pattern": "^[ -~]*$"}, "bytes=0-3"
)


async def put(side: NodeSide, call: Call) -> Whole:
    """Store the body; nothing is kept of one that does not come whole, or has another hash than was said."""
    call.query(NO_QUERY)
    wanted = call.path.get("sha256")
    if wanted is not None and not _is_name(wanted):
        raise ProblemError(422, "the name of a blob has 64 lower-case hex digits")
    most = side.config[API_MAX_BLOB]
    call.check_length(most)
    blob = await _store(side, call, wanted, most)
    headers = {"location": f"{BLOBS}/{blob.sha256}"}
    return json_answer(StoredBlob(sha256=blob.sha256, size=blob.size), 201, headers=headers)


async def get(side: NodeSide, call: Call) -> Answered:
    """The bytes of a blob."""
    call.query(NO_QUERY)
    sha256 = call.path["sha256"]
    if not _is_name(sha256):
        raise NotFound("there is no such blob", hint="its name has 64 lower-case hex digits")
    blob = await side.files.do(lambda: side.blobs.find(sha256))
    if blob is None:
        blob = await _bring(side, call, sha256)
    return await serve(side, call, blob, BYTES, {"cache-control": FOREVER})


async def _bring(side: NodeSide, call: Call, sha256: str) -> Blob:
    """From peers. HEAD asks what is here."""
    if side.fetcher is None or call.method == "HEAD":
        raise NotFound(f"the blob {sha256[:12]} is not here")
    return await side.hop(_fetch, side.fetcher, sha256)


async def _fetch(fetcher: Fetcher, sha256: str) -> Blob:
    with trio.move_on_after(FETCH_S):
        return await fetcher.fetch(sha256)
    raise Busy(f"the blob {sha256[:12]} is still on its way from peers", retry_after=1.0)


async def serve(side: NodeSide, call: Call, blob: Blob, kind: str, headers: dict[str, str]) -> Answered:
    """The bytes of a blob that is here: all, a range, or nothing when the client has it."""
    tag = f'"{blob.sha256}"'
    headers = {**headers, "etag": tag, "accept-ranges": "bytes"}
    if matches(call.header(b"if-none-match"), tag):
        return Whole(b"", 304, headers=headers)
    found = None
    if call.method == "GET" and call.header(b"if-range") in ("", tag):
        found = asked_range(call.header(b"range"), blob.size)
    begin, end = found or (0, blob.size)
    if found:
        headers["content-range"] = f"bytes {begin}-{end - 1}/{blob.size}"
    pieces = nothing() if call.method == "HEAD" else await _read(side, blob, begin, end)
    return Streamed(pieces, kind, end - begin, 206 if found else 200, headers)


async def _read(side: NodeSide, blob: Blob, begin: int, end: int) -> AsyncGenerator[bytes, None]:
    file = await side.files.do(lambda: side.blobs.open(blob.sha256))
    if begin:
        await side.files.do(partial(file.seek, begin))
    return side.files.read(file, end - begin)


async def _store(side: NodeSide, call: Call, wanted: str | None, most: int) -> Blob:
    opened = side.blobs.create()
    writer = await side.files.do(opened.__enter__)
    digest = hashlib.sha256()
    try:
        async with aclosing(call.pieces(most, CHUNK)) as pieces:
            async for piece in pieces:
                await side.files.do(partial(_write, writer, digest if wanted else None, piece))
        if wanted is not None and digest.hexdigest() != wanted:
            raise ProblemError(
                422, "these bytes have another hash", hint=f"it is {digest.hexdigest()}: sent whole?"
            )
        return await side.files.do(writer.commit)
    finally:
        await side.files.do(partial(opened.__exit__, None, None, None))


def _write(writer: BlobWriter, digest: "hashlib._Hash | None", piece: bytes) -> None:
    if digest is not None:
        digest.update(piece)
    writer.write(piece)


def _is_name(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


_STORED: Final = Answer(201, "It is on the disk", StoredBlob, examples.BLOB)
_STAYS: Final = (
    "A blob stays for as long as a task names it, and at least an hour after it was stored or stored again."
)
_UPLOAD_ERRORS: Final = {
    408: "The body came too slowly",
    413: "The body is larger than CHORUS_API_MAX_BLOB",
    503: "The store, or the disk, is full; or the node is starting or stopping, or too much is under way",
}
FETCHED: Final = (
    Answer(200, "The bytes", bytes, "hello", BYTES),
    Answer(206, "The bytes of the range", bytes, "hell", BYTES),
    NOT_MODIFIED,
)
FETCH_HEADERS: Final = {"ETag": "The hash", "Accept-Ranges": "bytes"}
OPERATIONS: Final = (
    Operation(
        "PUT",
        BLOBS,
        "Store a blob",
        put,
        (_STORED,),
        "blobs",
        f"Such as the source of a task. {_STAYS}",
        upload=True,
        errors=_UPLOAD_ERRORS,
        headers={"Location": "Where the blob is"},
    ),
    Operation(
        "PUT",
        f"{BLOBS}/{{sha256}}",
        "Store a blob that must have this hash",
        put,
        (_STORED,),
        "blobs",
        f"When the bytes have another one, nothing is stored. {_STAYS}",
        upload=True,
        parameters=(SHA256,),
        errors=_UPLOAD_ERRORS,
        headers={"Location": "Where the blob is"},
    ),
    Operation(
        "GET",
        f"{BLOBS}/{{sha256}}",
        "Fetch a blob",
        get,
        FETCHED,
        "blobs",
        "One that is not here is brought from peers, and stays for a while. HEAD tells what is here.",
        parameters=(SHA256, RANGE, IF_NONE_MATCH),
        errors={
            404: "It is not here, and no peer that can be reached has it",
            416: "The range begins beyond the end",
            503: "It is still on its way: ask again",
        },
        headers=FETCH_HEADERS,
    ),
)

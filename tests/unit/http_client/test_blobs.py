"""Blobs go to a node and come from it, whole or not at all."""

import hashlib
from pathlib import Path

import pytest
import trio

from chorus_hooks.blob import Blob
from chorus_hooks.errors import ChorusError, NotFound, Refused, UsageError
from chorus_http.client.blobs import RemoteBlobs
from tests.unit.http_client.scripted import Exchange, node

DATA = bytes(range(256)) * 4096
HASH = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chorus_http.client.connection.PAUSES_S", (0.0,))
    monkeypatch.setattr("chorus_http.client.blobs.PAUSES_S", (0.0,))


async def gone(exchange: Exchange) -> None:
    await exchange.hang_up()


async def stored(exchange: Exchange) -> None:
    await exchange.json({"sha256": hashlib.sha256(exchange.seen.body).hexdigest()})


async def held(exchange: Exchange) -> None:
    await exchange.say(200, DATA, content_type="application/octet-stream")


async def missing(exchange: Exchange) -> None:
    await exchange.say(404, b'{"detail":"no such blob"}', content_type="application/problem+json")


def upload(blobs: RemoteBlobs) -> Blob:
    with blobs.create() as blob:
        for start in range(0, len(DATA), 100_000):
            blob.write(DATA[start : start + 100_000])
        return blob.commit()


async def test_an_upload_tells_its_length_and_is_sent_again_when_the_answer_is_lost(tmp_path: Path) -> None:
    async with node(gone, stored) as (scripted, connection):
        blob = await trio.to_thread.run_sync(upload, RemoteBlobs(connection, tmp_path))
    assert blob == Blob(HASH, len(DATA))
    assert [(seen.method, seen.target, seen.body) for seen in scripted.seen] == [
        ("PUT", "/api/v1/blobs", DATA)
    ] * 2
    assert scripted.seen[0].headers["content-length"] == str(len(DATA))


async def test_a_node_that_stored_something_else_is_told(tmp_path: Path) -> None:
    async def other(exchange: Exchange) -> None:
        await exchange.json({"sha256": "0" * 64})

    async with node(other) as (_, connection):
        with pytest.raises(ChorusError, match="other bytes"):
            await trio.to_thread.run_sync(upload, RemoteBlobs(connection, tmp_path))


async def test_a_blob_left_without_commit_never_goes_out(tmp_path: Path) -> None:
    def write(blobs: RemoteBlobs) -> None:
        with blobs.create() as blob:
            blob.write(DATA)

    async with node(stored) as (scripted, connection):
        await trio.to_thread.run_sync(write, RemoteBlobs(connection, tmp_path))
    assert (scripted.seen, list(tmp_path.iterdir())) == ([], [])


async def test_a_blob_comes_as_a_real_file_at_its_start(tmp_path: Path) -> None:
    def read(blobs: RemoteBlobs) -> bytes:
        with blobs.open(HASH) as file:
            assert file.fileno() > 2
            return file.read()

    async with node(gone, held) as (scripted, connection):
        assert await trio.to_thread.run_sync(read, RemoteBlobs(connection, tmp_path)) == DATA
    assert scripted.seen[0].target == f"/api/v1/blobs/{HASH}"


async def test_a_download_that_breaks_off_is_begun_again(tmp_path: Path) -> None:
    async def half(exchange: Exchange) -> None:
        await exchange.head(200, content_length=str(len(DATA)))
        await exchange.piece(DATA[:1000])
        await exchange.hang_up()

    async with node(half, held) as (_, connection):
        blobs = RemoteBlobs(connection, tmp_path)
        file = await trio.to_thread.run_sync(blobs.open, HASH)
        with file:
            assert file.read() == DATA


async def test_a_damaged_blob_is_never_handed_out(tmp_path: Path) -> None:
    async def damaged(exchange: Exchange) -> None:
        await exchange.say(200, DATA[:-1] + b"!")

    async with node(damaged) as (_, connection):
        with pytest.raises(ChorusError, match="damaged"):
            await trio.to_thread.run_sync(RemoteBlobs(connection, tmp_path).open, HASH)


async def test_a_blob_is_found_or_not(tmp_path: Path) -> None:
    async with node(held, missing, missing) as (scripted, connection):
        blobs = RemoteBlobs(connection, tmp_path)
        assert await trio.to_thread.run_sync(blobs.find, HASH) == Blob(HASH, len(DATA))
        assert await trio.to_thread.run_sync(blobs.find, HASH) is None
        with pytest.raises(NotFound):
            await trio.to_thread.run_sync(blobs.open, HASH)
    assert scripted.seen[0].method == "HEAD"


@pytest.mark.parametrize("name", ["", "../x", "A" * 64, "0" * 63])
async def test_what_is_no_hash_is_not_asked_for(tmp_path: Path, name: str) -> None:
    async with node(held) as (scripted, connection):
        blobs = RemoteBlobs(connection, tmp_path)
        with pytest.raises(UsageError):
            await trio.to_thread.run_sync(blobs.open, name)
    assert scripted.seen == []


async def test_the_store_of_a_node_is_not_ours_to_prune(tmp_path: Path) -> None:
    async with node(held) as (_, connection):
        with pytest.raises(Refused, match="its own machine"):
            RemoteBlobs(connection, tmp_path).prune(grace_s=0)


async def test_who_is_interrupted_does_not_wait_for_the_node(tmp_path: Path) -> None:
    asked = trio.Event()

    async def silent(exchange: Exchange) -> None:
        asked.set()
        await trio.sleep_forever()

    async with node(silent) as (_, connection):
        blobs = RemoteBlobs(connection, tmp_path)
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.to_thread.run_sync, blobs.open, HASH)
                await asked.wait()
                nursery.cancel_scope.cancel()

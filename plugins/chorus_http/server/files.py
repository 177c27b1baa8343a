"""Work with files in threads, from the island."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, Final, TypeVar

T = TypeVar("T")

THREADS: Final = 8
"""Disks answer in milliseconds; more threads would fight for the interpreter."""
CHUNK: Final = 256 << 10


class Files:
    """A few threads that may wait for a disk."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="http-files")

    async def do(self, job: Callable[[], T]) -> T:
        """Run `job` in a thread. A cancelled caller waits until it has ended: files are left in order."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, job)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            if not running.cancelled():
                running.exception()
            raise

    async def read(self, file: BinaryIO, length: int) -> AsyncGenerator[bytes, None]:
        """`length` bytes of an open file, which is closed at the end. Less when the file ends before."""
        try:
            while length > 0:
                want = min(CHUNK, length)
                piece = await self.do(lambda: file.read(want))  # noqa: B023 - awaited here
                if not piece:
                    return
                length -= len(piece)
                if not length:
                    await self.do(lambda: file.read(1))  # a verified file tells at its end what it was
                yield piece
        finally:
            await self.do(file.close)

    def close(self) -> None:
        """Let the threads end once their jobs are done."""
        self._threads.shutdown(wait=False)

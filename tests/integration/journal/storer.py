"""A real process on a blob store: `storer.py STATE_DIR COUNT SIZE store|prune`.

Prints `ready`, waits for a line on stdin, then stores COUNT blobs and prints the hash of each after it was
committed; or prunes COUNT times what is older than a minute.
"""

import sys
from pathlib import Path
from uuid import uuid4

from chorus_journal.blob_store import FileBlobs


def main(state_dir: Path, count: int, size: int, mode: str) -> None:
    blobs = FileBlobs(state_dir, uuid4().hex, 1 << 30)
    blobs.sweep(lambda boot: False)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        if mode == "prune":
            blobs.prune(grace_s=60)
            continue
        with blobs.create() as writer:
            for piece in range(4):
                writer.write(b"%d.%d" % (number, piece) + bytes(size))
            blob = writer.commit()
        print(blob.sha256, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])

"""Changes one word of the past, as somebody with access to the disk might."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


def falsify(state_dir: Path, copy: Path, word: str, other: str) -> None:
    """Copy a state dir that no process uses, with `word` replaced by `other`, of equal length, in its log."""
    shutil.copytree(state_dir, copy)
    changed = 0
    for database in copy.glob("*.db"):
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        old = database.read_bytes()
        changed += old.count(word.encode())
        database.write_bytes(old.replace(word.encode(), other.encode()))
    if not changed:
        raise RuntimeError(f"no database in {state_dir} holds {word!r}")

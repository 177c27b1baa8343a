"""Every place where a crash test may kill this process, in the order in which work passes them."""

from typing import Final

JOURNAL_FAILPOINTS: Final = (
    "journal.create",  # the database file exists, its first transaction is not committed
    "journal.begin",  # the write lock is held, no job has run
    "journal.append",  # an entry is in the open transaction
    "journal.commit.before",  # entries, views and checkpoint are in the open transaction
    "journal.commit.after",  # they are durable, nobody was told
)
"""One database transaction: killed before the commit, nothing of it exists; after it, all of it does."""

BLOB_FAILPOINTS: Final = (
    "blob.write",  # some bytes are in a temporary file
    "blob.rename.before",  # all bytes are durable in the temporary file
    "blob.rename.after",  # the blob has its name, the directory is not synced
    "blob.prune",  # some unheld blobs are gone, others are about to go
)
"""One blob: under its name it is always whole; a temporary file goes when its boot is dead."""

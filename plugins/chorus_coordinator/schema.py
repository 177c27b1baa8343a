"""The coordinator's tables beside the journal. Each step is run once, in order, for ever: only add.

`coordinator_control` is the log, `coordinator_task` the fold over it. `coordinator_attempt` is soft: what
an attempt is doing right now, and where its kept output went.
"""

from typing import Final

OWNER: Final = "coordinator"

STEPS: Final = (
    """CREATE TABLE coordinator_lineage (
        id TEXT PRIMARY KEY, record TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE coordinator_control (
        i INTEGER PRIMARY KEY, term INTEGER NOT NULL, kind TEXT NOT NULL,
        cmd TEXT NOT NULL, digest TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE coordinator_task (
        id TEXT PRIMARY KEY, n INTEGER NOT NULL UNIQUE, project TEXT NOT NULL, state TEXT NOT NULL,
        waiting_for TEXT, attempt INTEGER NOT NULL, worker TEXT, boot TEXT, waiter TEXT,
        digest TEXT NOT NULL, submitted_at TEXT NOT NULL, ended_at TEXT,
        document TEXT NOT NULL, result TEXT
    ) STRICT""",
    """CREATE INDEX coordinator_task_open ON coordinator_task (n)
        WHERE state NOT IN ('succeeded', 'failed', 'cancelled')""",
    """CREATE TABLE coordinator_attempt (
        task TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL,
        output TEXT, output_size INTEGER, PRIMARY KEY (task, attempt)
    ) STRICT, WITHOUT ROWID""",
)

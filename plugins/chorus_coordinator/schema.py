"""The coordinator's tables beside the journal. Each step is run once, in order, for ever: only add.

`coordinator_control` is the log, `coordinator_task` the fold over it. `coordinator_attempt` is soft: what
an attempt is doing right now, and where its kept output went. `coordinator_count` has the number of tasks
in each state, so that a long queue costs nothing to count. `coordinator_question` is what attempts asked
people, and what was said. `coordinator_note` is what people said unasked. `coordinator_spent` sums what
models used, for each task, project and day. `coordinator_dependency` has
what each task depends on that waits for others.
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
    # What a command did, so that a change is told from its row alone, also when its task is forgotten.
    "ALTER TABLE coordinator_control ADD COLUMN task TEXT",
    "ALTER TABLE coordinator_control ADD COLUMN project TEXT",
    "ALTER TABLE coordinator_control ADD COLUMN state TEXT",
    "UPDATE coordinator_control SET task = json_extract(cmd, '$.task')",
    """UPDATE coordinator_control SET
        project = (SELECT project FROM coordinator_task t WHERE t.id = task),
        state = CASE kind
            WHEN 'submit' THEN 'waiting'
            WHEN 'assign' THEN 'assigned'
            WHEN 'cancel' THEN 'cancelled'
            WHEN 'lost' THEN CASE WHEN json_extract(cmd, '$.boot') IS
                (SELECT waiter FROM coordinator_task t WHERE t.id = task) THEN 'failed' ELSE 'waiting' END
            WHEN 'result' THEN CASE
                WHEN json_extract(cmd, '$.result.reason') = 'cancelled' THEN 'cancelled'
                WHEN json_extract(cmd, '$.result.reason') = 'exited'
                    AND json_extract(cmd, '$.result.exit_code') = 0 THEN 'succeeded'
                ELSE 'failed' END
        END""",
    "ALTER TABLE coordinator_task ADD COLUMN retry_of TEXT",
    "ALTER TABLE coordinator_task ADD COLUMN traceparent TEXT",
    "ALTER TABLE coordinator_task ADD COLUMN losses INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE coordinator_task ADD COLUMN priority INTEGER NOT NULL DEFAULT 0",
    # Whether the task asks for more than any sandbox gives.
    "ALTER TABLE coordinator_task ADD COLUMN special INTEGER NOT NULL DEFAULT 0",
    """CREATE INDEX coordinator_task_queue ON coordinator_task (priority DESC, n)
        WHERE state = 'waiting' AND waiter IS NULL""",
    """CREATE INDEX coordinator_task_special ON coordinator_task (priority DESC, n)
        WHERE state = 'waiting' AND waiter IS NULL AND special = 1""",
    """CREATE INDEX coordinator_task_attended ON coordinator_task (waiter, priority DESC, n)
        WHERE state = 'waiting' AND waiter IS NOT NULL""",
    "CREATE INDEX coordinator_task_held ON coordinator_task (boot) WHERE state = 'assigned'",
    "CREATE INDEX coordinator_task_state ON coordinator_task (state, n)",
    "CREATE INDEX coordinator_task_project ON coordinator_task (project, n)",
    "CREATE INDEX coordinator_task_ended ON coordinator_task (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX coordinator_task_retry ON coordinator_task (retry_of) WHERE retry_of IS NOT NULL",
    "DROP INDEX coordinator_task_open",
    """CREATE TABLE coordinator_count (
        state TEXT PRIMARY KEY, tasks INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "INSERT INTO coordinator_count SELECT state, count(*) FROM coordinator_task GROUP BY state",
    """CREATE TRIGGER coordinator_task_added AFTER INSERT ON coordinator_task BEGIN
        INSERT INTO coordinator_count VALUES (new.state, 1)
            ON CONFLICT (state) DO UPDATE SET tasks = tasks + 1;
    END""",
    """CREATE TRIGGER coordinator_task_moved AFTER UPDATE OF state ON coordinator_task
        WHEN new.state <> old.state BEGIN
        UPDATE coordinator_count SET tasks = tasks - 1 WHERE state = old.state;
        INSERT INTO coordinator_count VALUES (new.state, 1)
            ON CONFLICT (state) DO UPDATE SET tasks = tasks + 1;
    END""",
    """CREATE TRIGGER coordinator_task_removed AFTER DELETE ON coordinator_task BEGIN
        UPDATE coordinator_count SET tasks = tasks - 1 WHERE state = old.state;
    END""",
    # The digest of the question that the current attempt asks.
    "ALTER TABLE coordinator_task ADD COLUMN asks TEXT",
    "CREATE INDEX coordinator_task_asks ON coordinator_task (n) WHERE asks IS NOT NULL",
    # `text` is null when `blob` has it. `approved` is null until there is an answer.
    """CREATE TABLE coordinator_question (
        task TEXT NOT NULL, digest TEXT NOT NULL, attempt INTEGER NOT NULL, subject TEXT NOT NULL,
        text TEXT, blob TEXT, asked_at TEXT NOT NULL, until TEXT NOT NULL,
        approved INTEGER, answered_by TEXT, answered_at TEXT, why TEXT,
        PRIMARY KEY (task, digest, attempt)
    ) STRICT, WITHOUT ROWID""",
    "ALTER TABLE coordinator_task ADD COLUMN paused INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE coordinator_task ADD COLUMN notes INTEGER NOT NULL DEFAULT 0",
    # Soft: which budget keeps a task from being begun, in a person's words.
    "ALTER TABLE coordinator_task ADD COLUMN held TEXT",
    """CREATE INDEX coordinator_task_held_back ON coordinator_task (project)
        WHERE state = 'waiting' AND held IS NOT NULL""",
    # Soft, too: for what an attempt waits that has its process and slot.
    "ALTER TABLE coordinator_attempt ADD COLUMN waiting_for TEXT",
    "ALTER TABLE coordinator_attempt ADD COLUMN waiting_why TEXT",
    # What is not to be begun is no part of the queues, however much of it there is.
    "DROP INDEX coordinator_task_queue",
    "DROP INDEX coordinator_task_special",
    """CREATE INDEX coordinator_task_queue ON coordinator_task (priority DESC, n)
        WHERE state = 'waiting' AND waiting_for = 'capacity' AND paused = 0 AND held IS NULL
        AND waiter IS NULL""",
    """CREATE INDEX coordinator_task_special ON coordinator_task (priority DESC, n)
        WHERE state = 'waiting' AND waiting_for = 'capacity' AND paused = 0 AND held IS NULL
        AND waiter IS NULL AND special = 1""",
    """CREATE TABLE coordinator_note (
        task TEXT NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (task, n)
    ) STRICT, WITHOUT ROWID""",
    # `scope` is task, project or day (UTC); `key` the id, the name, or the date.
    """CREATE TABLE coordinator_spent (
        scope TEXT NOT NULL, key TEXT NOT NULL, tokens INTEGER NOT NULL, cost REAL NOT NULL,
        PRIMARY KEY (scope, key)
    ) STRICT, WITHOUT ROWID""",
    # Of an attempt that was ended from the outside: its result names none.
    "ALTER TABLE coordinator_attempt ADD COLUMN transcript TEXT",
    "ALTER TABLE coordinator_attempt ADD COLUMN transcript_size INTEGER",
    """CREATE TABLE coordinator_dependency (
        task TEXT NOT NULL, dependency TEXT NOT NULL, PRIMARY KEY (task, dependency)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX coordinator_dependency_on ON coordinator_dependency (dependency, task)",
    # The task whose attempt needs this one.
    "ALTER TABLE coordinator_task ADD COLUMN part_of TEXT",
    "CREATE INDEX coordinator_task_part ON coordinator_task (part_of) WHERE part_of IS NOT NULL",
)

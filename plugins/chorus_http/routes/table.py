"""Every operation of our own on the API's port, in the order of the documentation."""

from typing import Final

from chorus_http.routes import approvals, artifacts, blobs, direction, events, logs, status, tasks
from chorus_http.server.operation import Operation

API: Final[tuple[Operation, ...]] = (
    *tasks.OPERATIONS,
    *direction.OPERATIONS,
    *approvals.OPERATIONS,
    *logs.OPERATIONS,
    *artifacts.OPERATIONS,
    *blobs.OPERATIONS,
    *status.OPERATIONS,
    *events.OPERATIONS,
)

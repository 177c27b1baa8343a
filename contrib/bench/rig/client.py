"""The smallest client of the HTTP API: one kept connection, JSON in, JSON out, and no retries of its own."""

import http.client
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

API = "/api/v1"


@dataclass(frozen=True)
class Response:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


class Client:
    """Talks to one base URL. Raises OSError or http.client.HTTPException when the node does not answer."""

    def __init__(self, url: str, token: str | None, timeout_s: float) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.token = parts.hostname or "", parts.port or 80, token
        self._connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def headers(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """What each request carries."""
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**token, **(extra or {})}

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """One request; a `body` that is no bytes is sent as JSON. A broken connection is made anew."""
        sent = self.headers(headers)
        data = None
        if isinstance(body, bytes):
            data = body
        elif body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            self._connection.request(method, path, data, sent)
            answer = self._connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, raw)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """A GET is sent once more when an idle connection was closed meanwhile (RFC 9110, 9.2.2)."""
        try:
            return self.ask("GET", path, headers=headers)
        except http.client.RemoteDisconnected:
            return self.ask("GET", path, headers=headers)

    def submit(self, command: str, *, key: str | None = None, **document: Any) -> Response:
        """POST /tasks: one shell line."""
        body = {"commands": [command], **document}
        return self.ask("POST", f"{API}/tasks", body, {"Idempotency-Key": key or secrets.token_hex(8)})

    def task(self, task_id: str) -> Any:
        """GET /tasks/{id}."""
        return self.get(f"{API}/tasks/{task_id}").json

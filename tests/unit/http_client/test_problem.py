"""A problem document becomes the error that it was made from, and a stranger's answer is told as one."""

import json

import pytest

from chorus_hooks.errors import (
    Busy,
    ChorusError,
    Conflict,
    NotFound,
    Refused,
    Unreachable,
    UsageError,
)
from chorus_http.client.problem import MOST_TEXT, error_of

URL = "http://127.0.0.1:8080"


def told(status: int, document: object, **headers: str) -> ChorusError:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return error_of(status, {"content-type": "application/problem+json", **headers}, raw, URL)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "not_found", NotFound),
        (404, "", NotFound),
        (409, "conflict", Conflict),
        (409, "", Conflict),
        (422, "usage", UsageError),
        (422, "", UsageError),
        (400, "", UsageError),
        (403, "refused", Refused),
        (413, "", Refused),
        (418, "new_kind", ChorusError),
        (503, "unreachable", Unreachable),
    ],
)
def test_the_class_comes_back(status: int, code: str, kind: type[ChorusError]) -> None:
    error = told(status, {"status": status, "detail": "what happened.", "code": code, "hint": "do this"})
    assert type(error) is kind
    assert (error.message, error.hint) == ("what happened", "do this")


def test_a_wrong_token_is_told_with_the_variable_that_holds_it() -> None:
    error = told(401, {"title": "Unauthorized"})
    assert type(error) is Refused
    assert URL in error.message
    assert "CHORUS_API_TOKEN" in error.hint


@pytest.mark.parametrize("status", [429, 503])
def test_busy_keeps_when_to_come_again(status: int) -> None:
    error = told(status, {"detail": "the queue is full", "code": "busy"}, **{"retry-after": "7"})
    assert isinstance(error, Busy)
    assert (error.retry_after, error.hint) == (7.0, "try again in 7 s")


def test_a_redirect_is_told_and_not_followed() -> None:
    error = error_of(307, {"location": "https://elsewhere.example/"}, b"", URL)
    assert type(error) is Refused
    assert "https://elsewhere.example/" in error.message


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"<html>"), (500, b""), (502, b"Bad Gateway"), (418, b"x")]
)
def test_an_answer_that_is_not_a_nodes_names_the_url(status: int, body: bytes) -> None:
    error = error_of(status, {"content-type": "text/html"}, body, URL)
    assert "not as a node does" in error.message
    assert "CHORUS_URL" in error.hint
    assert type(error) is (NotFound if status == 404 else Unreachable if status >= 500 else ChorusError)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"detail": 5}', b'{"a":"\xff"}', b"null"])
def test_a_broken_document_is_no_crash(body: bytes) -> None:
    assert isinstance(told(404, body), NotFound)


def test_a_fault_of_the_node_is_told_as_one() -> None:
    error = told(500, {"detail": "internal error", "code": "failed"})
    assert type(error) is ChorusError
    assert error.message == "the node failed: internal error"


def test_no_control_character_reaches_the_terminal_and_no_novel_either() -> None:
    error = told(404, {"detail": "no \x1b[31mtask\n" + "x" * 9000, "hint": "\x07beep"})
    assert error.message.startswith("no  [31mtask x")
    assert len(error.message) <= MOST_TEXT + 1
    assert error.hint == " beep"

"""Errors on their way out: the status says the kind, the document says what to do."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks import errors
from chorus_hooks.errors import Busy, ChorusError
from chorus_http.server.problem import Problem, ProblemError, encode, problem_of

STATUSES = {
    errors.UsageError: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Refused: 403,
    errors.Full: 503,
    errors.Unreachable: 503,
    errors.WorkFailed: 500,
    errors.ConfigError: 500,
    ChorusError: 500,
}


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_an_error_has_the_status_of_its_class_and_so_has_one_that_a_plugin_derives(
    kind: type[ChorusError], status: int
) -> None:
    derived = type("Derived", (kind,), {"code": "of_a_plugin"})
    for error in (kind("it went wrong", hint="do this"), derived("it went wrong", hint="do this")):
        made = problem_of(error)
        told = msgspec.json.decode(encode(made, "ab" * 16), type=Problem)
        assert (told.status, told.detail, told.hint, told.code) == (
            status,
            error.message,
            "do this",
            error.code,
        )
        assert ("retry-after" in made.headers) == (status == 503)


@given(st.floats(0, 3600))
def test_who_is_told_to_come_again_is_not_told_to_come_too_early(after: float) -> None:
    made = problem_of(Busy("too many wait", retry_after=after))
    assert made.status == 429
    assert int(made.headers["retry-after"]) >= max(1, after)


def test_what_is_empty_is_left_out() -> None:
    assert msgspec.json.decode(encode(ProblemError(404, "no such task"))) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "no such task",
        "code": "not_found",
    }

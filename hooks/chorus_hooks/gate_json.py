"""The JSON of what attempts ask people, as commands print it and the HTTP API tells it. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from chorus_hooks.gate import OpenQuestion, Question, Subject


class _Form(msgspec.Struct):
    task: str
    attempt: int
    subject: Subject
    digest: str
    text: str
    asked_at: str
    until: str


def question_json(asked: OpenQuestion) -> dict[str, Any]:
    """One flat object: who asks, what exactly, and until when."""
    question = asked.question
    return {
        "task": question.task_id,
        "attempt": question.attempt,
        "subject": question.subject,
        "digest": question.digest,
        "text": question.text,
        "asked_at": asked.asked_at,
        "until": asked.until,
    }


def question_from_json(fields: Mapping[str, Any]) -> OpenQuestion:
    """The question that `question_json` wrote; fields that this version does not know are left out.

    Raises msgspec.ValidationError when it is none, or when its digest is not that of its text: nobody is to
    say yes to something that he was not shown.
    """
    form = msgspec.convert(fields, _Form)
    asked = OpenQuestion(
        Question(form.task, form.attempt, form.subject, form.text), form.asked_at, form.until
    )
    if asked.question.digest != form.digest:
        raise msgspec.ValidationError("the digest of a question is not that of its text")
    return asked

"""What tasks ask people, and the answers."""

from functools import partial
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from chorus_hooks.gate_json import question_json
from chorus_hooks.route import Answer
from chorus_http.routes import examples
from chorus_http.routes.shapes import Answered, ApprovalList
from chorus_http.routes.tasks import ID, IF_NONE_MATCH, NOT_MODIFIED, TASKS
from chorus_http.server.answer import Whole, json_answer, tagged
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Handler, Operation


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To what the answer is."""

    digest: Annotated[
        str,
        Meta(
            pattern="^[0-9a-f]{8,64}$",
            description="Of what was shown: at least the first 8 digits",
            examples=["5d41402abc4b2a76"],
        ),
    ]
    why: Annotated[str, Meta(max_length=1000, description="A reason, kept with the answer")] = ""


async def list_approvals(side: NodeSide, call: Call) -> Whole:
    """Everything that waits."""
    call.query(NO_QUERY)
    waiting = await side.hop(side.gate.open)
    document = {"approvals": [question_json(asked) for asked in waiting]}
    return tagged(json_answer(document), call.header(b"if-none-match"))


def _answering(*, approved: bool) -> Handler:
    async def answer(side: NodeSide, call: Call) -> Whole:
        call.query(NO_QUERY)
        said = await call.json(Said)
        assert said is not None
        say = partial(side.gate.answer, call.path["id"], said.digest, approved=approved, why=said.why)
        return json_answer({**question_json(await side.hop(say)), "approved": approved})

    return answer


def _operation(verb: str, summary: str, *, approved: bool) -> Operation:
    return Operation(
        "POST",
        f"{TASKS}/{{id}}/{verb}",
        summary,
        _answering(approved=approved),
        (
            Answer(
                200,
                "The answer counts; the task goes on",
                Answered,
                examples.APPROVED if approved else examples.DENIED,
            ),
        ),
        "approvals",
        "The first answer to a question is the answer. It is for exactly the text with that digest.",
        body=Said,
        examples={verb: {"digest": examples.QUESTION["digest"], "why": examples.WHY[approved]}},
        parameters=(ID,),
        errors={
            404: "There is no such task, or it asks nothing",
            409: "It asks something else by now, or has its answer",
        },
    )


OPERATIONS: Final = (
    Operation(
        "GET",
        "/api/v1/approvals",
        "List what waits for a person",
        list_approvals,
        (Answer(200, "Each question, oldest first", ApprovalList, examples.APPROVALS), NOT_MODIFIED),
        "approvals",
        "The digest is SHA-256 over the subject, a line feed, and the text. No answer until then is a no.",
        parameters=(IF_NONE_MATCH,),
        headers={"ETag": "Changes with the content"},
    ),
    _operation("approve", "Say yes to what a task asks", approved=True),
    _operation("deny", "Say no to what a task asks", approved=False),
)

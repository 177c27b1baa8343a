"""What the loop is told, and what it wants done: plain values, as they stand in a transcript."""

import msgspec

from chorus_hooks.gate import Subject
from chorus_hooks.provider import ToolCall
from chorus_hooks.task import Changes, Reason
from chorus_reasoner.action import Edit, Run, Split, Write
from chorus_reasoner.talk import Form


class Reply(msgspec.Struct, frozen=True, tag="reply", omit_defaults=True):
    """A whole reply. `prompt_tokens` and `reply_tokens` are what it used, `cost` None without a price.

    `how` is how it was asked. `shortened` says that it was cut: by its limit of tokens, or by ours of bytes.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    model: str = ""
    prompt_tokens: int = 0
    reply_tokens: int = 0
    cost: float | None = None
    shortened: bool = False
    how: Form = "text"


class Seen(msgspec.Struct, frozen=True, tag="seen", omit_defaults=True):
    """How an action ended: `code` and `ended` as in `Observed`, `text` is what a model may read of it.

    `size` is all that it printed, in bytes.
    """

    ended: str
    code: int | None = None
    text: str = ""
    size: int = 0
    wall_s: float = 0.0


class Parted(msgspec.Struct, frozen=True, tag="parted", omit_defaults=True):
    """How the parts of a split ended: `text` is what a model is told of it, the rest what they used.

    `ended` is `exited`, or `refused` when nothing was done. `cost` is None when one of them has no price.
    `changes` are what each part gave, None for one that gave nothing.
    """

    ended: str
    text: str
    steps: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    cost: float | None = 0.0
    models: tuple[str, ...] = ()
    changes: tuple[Changes | None, ...] = ()


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """It cannot go on: no model answers, or the sandbox is gone."""

    reason: Reason
    detail: str


class Consent(msgspec.Struct, frozen=True, tag="consent", omit_defaults=True):
    """What a person said to a question. `by` is a peer id, or `nobody` when time was up."""

    approved: bool
    by: str = ""
    why: str = ""


class Said(msgspec.Struct, frozen=True, tag="said", omit_defaults=True):
    """What a person says unasked, between two steps. `by` is a peer id."""

    text: str
    by: str = ""


Event = Reply | Seen | Parted | Consent | Said | Fault


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """Ask a model for the next step; `most` bounds the tokens of its reply, None leaves it open."""

    most: int | None = None


class Propose(msgspec.Struct, frozen=True, tag="propose"):
    """Ask a person: `text` is all that is then done."""

    subject: Subject
    text: str


class End(msgspec.Struct, frozen=True, tag="end", omit_defaults=True):
    """It is over. `reason` is None when the work was submitted."""

    reason: Reason | None
    detail: str = ""
    summary: str = ""


Effect = Ask | Propose | Run | Write | Edit | Split | End

"""Secrets are taken out wherever they stand in a conversation, and each text is looked at once."""

import msgspec

from chorus_hooks.provider import ToolCall
from chorus_reasoner.action import Edit
from chorus_reasoner.event import Reply
from chorus_reasoner.redaction import Redactor
from chorus_reasoner.talk import Talk, Turn
from tests.unit.reasoner.fakes import Words

SECRET = "it is hunter22"


class Counting(Words):
    def __init__(self) -> None:
        self.count = 0

    def redact(self, text: str) -> str:
        self.count += 1
        return super().redact(text)


def test_no_place_in_a_conversation_keeps_a_secret() -> None:
    call = ToolCall("1", "edit", SECRET)
    turn = Turn(SECRET, call, Edit(SECRET, SECRET, SECRET), SECRET)
    talk = Redactor(Words()).talk(Talk(SECRET, SECRET, (turn, turn)))
    encoded = msgspec.json.encode(talk)
    assert b"hunter22" not in encoded
    assert encoded.count(b"[REDACTED word]") == 2 + 2 * 6


def test_no_place_in_a_reply_keeps_a_secret() -> None:
    reply = Redactor(Words()).reply(Reply(SECRET, calls=(ToolCall("1", "run", SECRET),)))
    assert b"hunter22" not in msgspec.json.encode(reply)


def test_a_text_is_looked_at_once() -> None:
    scanner = Counting()
    redactor = Redactor(scanner)
    for number in range(3):
        redactor.talk(Talk("prompt", "goal", (Turn("said", None, None, "seen"),) * number))
    assert scanner.count == 4

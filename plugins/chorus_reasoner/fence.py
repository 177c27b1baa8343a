"""Text of others, marked for what it is in a way that the text itself cannot undo. Pure."""

from hashlib import sha256


def fence(label: str, text: str) -> str:
    """The text between two lines that carry a mark which does not occur in it.

    The same text gets the same mark, so that a run can be replayed.
    """
    mark = _mark(text)
    return f"<data {label} {mark}>\n{text}\n</data {mark}>"


def word(text: str) -> str:
    """What a person says, told apart from every fence of data: those begin with another word."""
    mark = _mark(text)
    return f"<person {mark}>\n{text}\n</person {mark}>"


def _mark(text: str) -> str:
    turn = 0
    while True:
        mark = sha256(f"{turn}:{len(text)}:".encode() + text.encode("utf-8", "replace")).hexdigest()[:8]
        if mark not in text:
            return mark
        turn += 1

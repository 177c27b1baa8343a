"""The messages that troubleshooting quotes are those of the code, word for word."""

from tests.unit.docs import templates
from tests.unit.docs.markdown import ROOT, headings, read

PAGE = ROOT / "docs" / "troubleshooting.md"


def quoted(text: str) -> list[str]:
    """The headings of the third level: each is a message in backticks."""
    return [heading.strip("`") for level, heading in headings(text) if level == 3]


def test_every_message_quoted_is_in_the_code() -> None:
    messages = quoted(read(PAGE))
    assert len(messages) > 20
    assert [message for message in messages if not templates.has(message, templates.of_the_code())] == []


def test_a_message_that_nobody_says_is_seen() -> None:
    said = tuple(templates.templates(['raise E(f"the disk {name} is full: " f"{why}")', 'print("no")']))
    assert templates.has("the disk … is full: …", said)
    assert not templates.has("the disk … is fuller: …", said)
    assert quoted("# A\n## B\n### `the disk … is full`\n#### C\n") == ["the disk … is full"]

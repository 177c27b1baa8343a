"""Wraps text at spaces."""


def wrap(text, width):
    """Lines of at most `width` characters; a longer word has a line of its own."""
    lines, line = [], ""
    for word in text.split():
        if len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return lines

"""Addresses out of titles."""

import re


def slug(title, longest=40):
    """A part of an address: never empty, at most `longest` characters, no hyphen at either end."""
    return re.sub(r"[^a-z0-9]", "-", title.lower())[:longest]

"""The documentation page: one HTML document that needs nothing else, made from the OpenAPI document."""

from collections.abc import Mapping
from typing import Any, Final

POLICY: Final = "default-src 'none'"


def page_of(document: Mapping[str, Any]) -> str:
    """The page."""
    return "<!doctype html><title>CHORUS</title>"

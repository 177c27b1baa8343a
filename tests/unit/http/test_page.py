"""The documentation page needs nothing but itself, and shows every operation that is served."""

import base64
import hashlib
import re
from typing import Any

import pytest

from chorus_http.openapi.document import openapi_document
from chorus_http.openapi.page import POLICY, page_of

DOCUMENT: dict[str, Any] = openapi_document()
PAGE = page_of(DOCUMENT)


def test_every_operation_is_shown_with_its_curl() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method in item:
            assert f"<b>{method.upper()}</b> <code>{path}</code>" in PAGE
            assert f"$URL{path}" in PAGE


def test_every_schema_that_is_named_is_on_the_page() -> None:
    wanted = set(re.findall(r'href="#([^"]+)"', PAGE))
    assert wanted <= set(re.findall(r'id="([^"]+)"', PAGE))
    assert "TaskDocument" in wanted


def test_nothing_is_fetched_and_no_script_runs() -> None:
    assert "<script" not in PAGE
    assert not re.search(r'(src|href)="(https?:)?//', PAGE)
    assert "url(" not in PAGE


def test_the_policy_admits_the_style_of_the_page_and_nothing_else() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", PAGE, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert "default-src 'none'" in POLICY
    assert "style=" not in PAGE


@pytest.mark.parametrize("field", ["summary", "description"])
def test_what_a_plugin_says_of_its_route_is_text(field: str) -> None:
    operation = {"summary": "s", "tags": ["t"], "responses": {}, field: "<script>alert(1)</script>"}
    told = {**DOCUMENT, "tags": [{"name": "t", "description": "d"}], "paths": {"/x": {"get": operation}}}
    assert "<script" not in page_of(told)

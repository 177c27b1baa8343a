"""The API answers as its own document says, whatever it is sent.

Whether schemathesis' data should have been taken or refused is not asked: rules such as "a prefix that only
one task has" or "these bytes have that hash" cannot be said in JSON Schema.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from contrib.bench.rig.node import Node

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.mark.slow
def test_no_request_gives_a_server_error_or_an_answer_that_is_not_documented(
    node: Node, tmp_path: Path
) -> None:
    """Streams are left out: they do not end. The seed is fixed, so that a failure comes again."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{node.where['api']}/openapi.json"),
        *("--header", f"Authorization: Bearer {node.token}", "--checks", ",".join(CHECKS)),
        *("--max-examples", "25", "--seed", "4711", "--request-timeout", "10"),
        *("--exclude-path-regex", "events|logs", "--generation-database", "none", "--no-color"),
    ]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert told.returncode == 0, told.stdout[-4000:] + told.stderr[-2000:]
    assert "generated" in told.stdout

"""The public test kit: conformance suites that any implementation of a contract Protocol must pass."""

import pytest

pytest.register_assert_rewrite("chorus.testing.mesh", "chorus.testing.provider", "chorus.testing.sandbox")

"""Hosts in network namespaces, for whoever may make them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from subprocess import CalledProcessError

import pytest

from contrib.bench.rig.hosts.network import Network


@contextmanager
def made_or_skipped(making: AbstractContextManager[Network]) -> Iterator[Network]:
    """A network; where this kernel, or this user, cannot have it, the test is skipped, in strict mode too.

    That a program is missing is another matter: strict mode demands those.
    """
    missing = [program for program in ("ip", "iptables") if shutil.which(program) is None]
    if missing:
        strict = os.environ.get("CHORUS_TEST_STRICT") == "1"
        (pytest.fail if strict else pytest.skip)(f"{' and '.join(missing)} missing")
    with ExitStack() as stack:
        try:
            network = stack.enter_context(making)
        except (OSError, CalledProcessError) as error:
            pytest.skip(f"there can be no such network here: {error} {getattr(error, 'stderr', '')}")
        yield network

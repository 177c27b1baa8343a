"""Faults between us and the node, told as one of our own errors."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from socket import gaierror
from typing import TypeVar

import httpcore

from chorus_hooks.errors import Unreachable

E = TypeVar("E", bound=OSError)

_HINT = "start one with `chorus agent`, or name one that is up with CHORUS_URL"


class Lost(Unreachable):
    """The connection broke after the request had begun: whether it took effect is not known."""


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what the network does into Unreachable, or Lost."""
    try:
        yield
    except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as error:
        raise _no_connection(url, error) from error
    except (httpcore.ReadTimeout, httpcore.WriteTimeout) as error:
        raise Unreachable(f"the node at {url} is silent", hint="`chorus doctor` there says more") from error
    except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
        raise Lost(f"the connection to the node at {url} broke: {_why(error)}", hint="try again") from error


def _no_connection(url: str, error: Exception) -> Unreachable:
    cause = _cause(error, ssl.SSLError)
    if cause is not None:
        why = getattr(cause, "verify_message", "") or cause.reason or str(cause)
        return Unreachable(
            f"the node at {url} cannot be trusted: {why}", hint="SSL_CERT_FILE names more authorities"
        )
    return Unreachable(f"no node answers at {url}: {_why(error)}", hint=_HINT)


def _why(error: Exception) -> str:
    """The operating system's word for it when there is one."""
    if isinstance(error, httpcore.ConnectTimeout):
        return "it takes too long to connect"
    if isinstance(error, httpcore.ProxyError):
        return f"the proxy says {error}"
    cause = _cause(error, OSError)
    if isinstance(cause, gaierror):
        return "the name is not known"
    if cause is not None and cause.errno:
        return os.strerror(cause.errno).lower()
    return str(error).rstrip(".").lower() or type(error).__name__


def _cause(error: BaseException | None, kind: type[E]) -> E | None:
    """The first of that kind in what led to `error`, groups included; of OSErrors one that has a number."""
    while error is not None:
        inner = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
        if isinstance(inner, kind) and getattr(inner, "errno", None) is not None:
            return inner
        error = inner.__cause__ or inner.__context__
    return None

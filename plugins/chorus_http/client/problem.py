"""A problem document (RFC 9457) back into the error that it was made from. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from chorus_hooks.errors import (
    Busy,
    ChorusError,
    ConfigError,
    Conflict,
    Full,
    NotFound,
    Refused,
    Unreachable,
    UsageError,
    WorkFailed,
)

MOST_TEXT: Final = 2000

_BY_CODE: Final[Mapping[str, type[ChorusError]]] = {
    kind.code: kind
    for kind in (
        ChorusError,
        WorkFailed,
        UsageError,
        Unreachable,
        NotFound,
        Refused,
        Conflict,
        Full,
        ConfigError,
    )
}
_BY_STATUS: Final[Mapping[int, type[ChorusError]]] = {
    400: UsageError,
    401: Refused,
    403: Refused,
    404: NotFound,
    409: Conflict,
    413: Refused,
    415: UsageError,
    421: Refused,
    422: UsageError,
}
_TOKEN: Final = "give CHORUS_API_TOKEN (or _FILE): what is in api-token in that node's state dir"  # noqa: S105
_STRANGER: Final = "does CHORUS_URL name a CHORUS node, and the part of it before /api/v1?"


def error_of(status: int, headers: Mapping[str, str], body: bytes, url: str) -> ChorusError:
    """What the answer of `url` means. Header names are in lower case."""
    document = _document(headers, body)
    if 300 <= status < 400:
        target = plain(headers.get("location", "another place"))
        return Refused(f"{url} sends us on to {target}", hint="set CHORUS_URL to that, if you trust it")
    message = _text(document, "detail") or _text(document, "title") or f"{url} answered {status}"
    hint = _text(document, "hint")
    if status == 401:
        return Refused(f"the node at {url} does not take our token", hint=_TOKEN)
    if status == 429:
        return Busy(message, retry_after=_retry_after(headers), hint=hint or _again(headers))
    if not document:
        return _stranger(status, url)
    if status >= 500:
        return _fault(status, headers, message, hint, document)
    kind = _BY_CODE.get(_text(document, "code")) or _BY_STATUS.get(status, ChorusError)
    return kind(message, hint=hint)


def plain(text: str) -> str:
    """Text from the network, in one line of at most `MOST_TEXT` printable characters."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: MOST_TEXT + 1])
    return shown if len(shown) <= MOST_TEXT else shown[:MOST_TEXT] + "…"


def _fault(
    status: int, headers: Mapping[str, str], message: str, hint: str, document: Mapping[str, Any]
) -> ChorusError:
    if status == 503 and _text(document, "code") == Busy.code:
        return Busy(message, retry_after=_retry_after(headers), hint=hint or _again(headers))
    if status == 503 and _text(document, "code") == Full.code:
        return Full(message, hint=hint)
    if status in (502, 503, 504):
        return Unreachable(message, hint=hint or _again(headers))
    return ChorusError(f"the node failed: {message}", hint=hint or "its log says more")


def _stranger(status: int, url: str) -> ChorusError:
    """Not a word of ours: a proxy between, or no node at all."""
    if status >= 500:
        return Unreachable(f"{url} answered {status}, and not as a node does", hint=_STRANGER)
    kind = NotFound if status == 404 else ChorusError
    return kind(f"{url} answered {status}, and not as a node does", hint=_STRANGER)


def _document(headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    if headers.get("content-type", "").partition(";")[0].strip() != "application/problem+json":
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return plain(value).rstrip(".") if isinstance(value, str) else ""


def _retry_after(headers: Mapping[str, str]) -> float:
    """Delay seconds (RFC 9110, section 10.2.3); a date is not what a node sends."""
    text = headers.get("retry-after", "")
    return float(text[:6]) if text.isascii() and text.isdecimal() else 1.0


def _again(headers: Mapping[str, str]) -> str:
    return f"try again in {_retry_after(headers):g} s"

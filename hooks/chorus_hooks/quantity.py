"""Durations and sizes as people write them: `15s`, `2m`, `768m`, `2g`. Pure."""

import re

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, None: 1.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.ASCII)
_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def parse_duration(text: str) -> float:
    """Seconds in `500ms`, `15s`, `2m`, `1h`, `30d`; a bare number is seconds. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a duration like 500ms, 15s, 2m, 1h or 30d")
    return float(match[1]) * _SECONDS[match[2]]


def parse_size(text: str) -> int:
    """Bytes in `10m`, `2g`, `1.5GiB`; units are powers of 1024, a bare number is bytes. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a size like 512k, 768m or 2g")
    return int(float(match[1]) * _BYTES[match[2]])


def format_size(size: int) -> str:
    """The shortest exact spelling that `parse_size` reads back: 805306368 is `768m`."""
    for unit in ("t", "g", "m", "k"):
        if size and size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]}{unit}"
    return str(size)


def told_size(size: int) -> str:
    """Bytes for a person, in the unit that fits: 812 B, 4.2 kB, 1.3 GB (powers of 1000, as on disks)."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"

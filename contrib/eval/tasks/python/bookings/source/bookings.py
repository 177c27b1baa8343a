"""Bookings of a room, as (start, end) in minutes of the day; the end is free again."""


def merge(bookings):
    """The same time in as few intervals as possible, in order."""
    merged = []
    for start, end in sorted(bookings):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def free(bookings, opens, closes):
    """What is left between opening and closing."""
    gaps = []
    for start, end in merge(bookings):
        if start > opens:
            gaps.append((opens, start))
        opens = max(opens, end)
    return [*gaps, (opens, closes)] if opens < closes else gaps

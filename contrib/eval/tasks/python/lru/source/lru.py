"""A cache of the values that were used last."""


class Cache:
    """Holds at most `size` values. Dicts keep the order of insertion: the first entry is the oldest."""

    def __init__(self, size):
        self.size = size
        self._entries = {}

    def get(self, key, default=None):
        if key in self._entries:
            return self._entries[key]
        return default

    def put(self, key, value):
        if len(self._entries) > self.size:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = value

    def __len__(self):
        return len(self._entries)

"""How often the settings were read again in this process: whoever keeps a file in memory looks at it."""


class Reloads:
    """A count."""

    def __init__(self) -> None:
        self.count = 0


RELOADS = Reloads()

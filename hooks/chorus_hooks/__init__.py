"""The contract between the CHORUS core and its plugins: hook specs, Protocols, value types.

A plugin imports from here and from its own libraries, never from `chorus` and never from another plugin.
"""

from typing import Final

from chorus_hooks.markers import hookimpl, hookspec

API_VERSION: Final = 1
"""Goes up when a plugin built for the number before may not work any more."""

__all__ = ["API_VERSION", "hookimpl", "hookspec"]

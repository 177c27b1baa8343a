"""The CHORUS core: CLI shell, plugin host, configuration and supervisor. It has no domain knowledge."""

__version__ = "0.1.0"

"""A third-party plugin. It imports `chorus_hooks`, its own libraries, and nothing else of CHORUS."""

"""The two markers: a spec says what a plugin may implement, an impl says that it does."""

import pluggy

hookspec = pluggy.HookspecMarker("chorus")
hookimpl = pluggy.HookimplMarker("chorus")

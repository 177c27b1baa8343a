"""The conformance suite of `chorus_hooks.provider`: what every provider of models promises.

Three classes, to be subclassed in a test module:

    class TestMine(ProviderConformance):                # over a server with any model
        @pytest.fixture
        def provider(self) -> Provider: return MyProvider(url)

        @pytest.fixture
        def model(self) -> str: return "smollm2:135m"

        @pytest.fixture
        def nobody(self) -> Provider: return MyProvider(a_url_where_nothing_listens)

    class TestMineScripted(ScriptedConformance):        # over a server that plays a script
        ...the same fixtures, with the model `scripted`, and

        @pytest.fixture
        def hasty(self) -> Provider: return MyProvider(url, patience_of_a_fifth_of_a_second)

        @pytest.fixture
        def play(self) -> Play: return an async function that gives the server its next steps

    class TestMineKeeps(KeepingConformance):            # if it has a key
        ...the fixtures `provider` and `play`, and

        @pytest.fixture
        def secret(self) -> str: return "the key that it was given"

The steps are those of `contrib/scripted/README.md`. A service with an API of its own needs a server that
plays them over that API.
"""

from chorus.testing.provider.answering import AnsweringPromises
from chorus.testing.provider.bench import LONG_S, Play, Said, ask, request, told
from chorus.testing.provider.failing import FailingPromises
from chorus.testing.provider.keeping import KeepingPromises
from chorus.testing.provider.playing import PlayingPromises


class ProviderConformance(AnsweringPromises):
    """What holds with any model, whatever it says."""


class ScriptedConformance(AnsweringPromises, PlayingPromises, FailingPromises):
    """That, what a known answer becomes, and what a bad one does. Its model is called `scripted`."""


class KeepingConformance(KeepingPromises):
    """That nobody reads its key in what went wrong."""


__all__ = [
    "LONG_S",
    "KeepingConformance",
    "Play",
    "ProviderConformance",
    "Said",
    "ScriptedConformance",
    "ask",
    "request",
    "told",
]

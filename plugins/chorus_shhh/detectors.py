"""The detectors of detect-secrets that know a format, for what our own table misses.

Only `analyze_string` is used: it has no global settings and asks no network. Importing it costs 150 ms,
so that happens once something looks as if it could be a token. Its plugins are not thread-safe.
"""

import threading
from typing import Any, Final

from chorus_shhh.shapes import is_sample

_NAMES: Final = (
    ("azure_storage_key", "AzureStorageKeyDetector"),
    ("discord", "DiscordBotTokenDetector"),
    ("github_token", "GitHubTokenDetector"),
    ("gitlab_token", "GitLabTokenDetector"),
    ("mailchimp", "MailchimpDetector"),
    ("openai", "OpenAIDetector"),
    ("private_key", "PrivateKeyDetector"),
    ("pypi_token", "PypiTokenDetector"),
    ("sendgrid", "SendGridDetector"),
    ("slack", "SlackDetector"),
    ("square_oauth", "SquareOAuthDetector"),
    ("stripe", "StripeDetector"),
    ("telegram_token", "TelegramBotTokenDetector"),
    ("twilio", "TwilioKeyDetector"),
)


class Detectors:
    """All of them, made on first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plugins: list[Any] = []

    def find(self, text: str) -> list[tuple[str, str]]:
        """Every (rule, value); the value may be only a part of the secret."""
        with self._lock:
            if not self._plugins:
                self._plugins = _load()
            return [
                (_rule(plugin.secret_type), value)
                for plugin in self._plugins
                for value in plugin.analyze_string(text)
                if not is_sample(value)
            ]


def _load() -> list[Any]:
    from importlib import import_module

    return [getattr(import_module(f"detect_secrets.plugins.{module}"), name)() for module, name in _NAMES]


def _rule(secret_type: str) -> str:
    return secret_type.lower().replace(" ", "-")

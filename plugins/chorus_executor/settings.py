"""The environment of the executor: which sandbox, and which image for each language."""

from typing import Final

from chorus_executor.language import LANGUAGES
from chorus_hooks.setting import Setting, choice, duration, text

SANDBOX: Final[Setting[str]] = Setting(
    "CHORUS_SANDBOX",
    choice("auto", "docker", "bwrap"),
    "auto",
    "Where tasks run: docker, bwrap, or auto, the first that works here and holds what a task requires",
)

GOAL_WAIT: Final[Setting[float]] = Setting(
    "CHORUS_GOAL_WAIT",
    duration(60.0, 60 * 86400.0),
    7 * 86400.0,
    "How long in all an attempt at a goal may wait for people, budgets and models; its sandbox is kept so"
    " much longer than its time limit. Default: 7d",
)

_DEFAULTS: Final = {
    "python": "python:3.12-slim",
    "javascript": "node:22-slim",
    "typescript": "node:22-slim",
    "go": "golang:1.24-bookworm",
    "rust": "rust:1-slim",
    "java": "maven:3-eclipse-temurin-21",
    "c": "gcc:14",
    "cpp": "gcc:14",
    "ruby": "ruby:3.4-slim",
    "shell": "debian:bookworm-slim",
}

IMAGES: Final[dict[str, Setting[str]]] = {
    language: Setting(
        f"CHORUS_IMAGE_{language.upper()}",
        text,
        _DEFAULTS[language],
        f"The image for tasks in {LANGUAGES[language]}, where the sandbox runs images",
    )
    for language in LANGUAGES
}

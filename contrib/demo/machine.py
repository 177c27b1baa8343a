"""What this machine offers the demo: a Docker engine, images on it, toolchains beside it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

PULLED = ("python", "shell")
"""The small images, worth a pull. A compiler's image is used when it is there, never pulled for a demo."""

STAND_INS = {"python": ("chorus-test/python:1",), "shell": ("chorus-test/busybox:1", "chorus-test/python:1")}
"""Images that build/test-images.sh makes without a registry."""

PULL_SECONDS = 40
ENGINE_SECONDS = 5

_PULL = "import docker, sys; docker.from_env().images.pull(sys.argv[1])"
_IMAGES = (
    "import docker, sys\n"
    "for image in docker.from_env(timeout=5).images.list():\n"
    "    for tag in image.tags: print(tag)\n"
)


@dataclass(frozen=True)
class Machine:
    """`images` has the image of every language that Docker can run here; empty without an engine."""

    engine: str
    images: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What chorus is told: these images, and not to wait for a registry in the middle of the demo."""
        names = {f"CHORUS_IMAGE_{language.upper()}": image for language, image in self.images.items()}
        return {**names, "CHORUS_IMAGE_PULL": "never"}

    def lacks(self, language: str, tools: tuple[str, ...]) -> str:
        """Why a task of this language cannot run here, or nothing."""
        if language in self.images:
            return ""
        missing = [tool for tool in tools if shutil.which(tool) is None]
        if not missing:
            return ""
        image = f", and Docker has no image for {language}" if self.images else ""
        return f"{' and '.join(missing)} not installed{image}"


def look(configured: dict[str, str], say: Callable[[str], None]) -> Machine:
    """Ask the engine, if one answers, and pull what is small, if that is allowed and soon done.

    `configured` are the images that chorus would use, by language.
    """
    present = _present()
    if present is None:
        return Machine("no Docker engine answers")
    images: dict[str, str] = {}
    for language, wanted in configured.items():
        choices = (wanted, *STAND_INS.get(language, ()))
        found = next((image for image in choices if image in present), None)
        if found is None and language in PULLED and _pull(wanted, say):
            found = wanted
        if found is not None:
            images[language] = found
    if not images:
        return Machine("a Docker engine answers, but has none of the images and can pull none")
    return Machine("a Docker engine answers", images)


def _present() -> set[str] | None:
    done = _python(_IMAGES, seconds=ENGINE_SECONDS)
    return None if done is None else set(done.split())


def _pull(image: str, say: Callable[[str], None]) -> bool:
    if os.environ.get("CHORUS_IMAGE_PULL") == "never":
        return False
    say(f"pulling {image} (once, at most {PULL_SECONDS} s)")
    return _python(_PULL, image, seconds=PULL_SECONDS) is not None


def _python(code: str, *arguments: str, seconds: float) -> str | None:
    # In a process of its own: an engine that hangs can then be given up at any point.
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None

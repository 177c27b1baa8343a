"""Where the engine is, and whether images may be fetched."""

from chorus_hooks.setting import Setting, choice, text

DOCKER_HOST: Setting[str] = Setting(
    "DOCKER_HOST",
    text,
    "",
    "The Docker engine, unix:///path or tcp://host:port. Default: unix:///var/run/docker.sock",
)
IMAGE_PULL: Setting[str] = Setting(
    "CHORUS_IMAGE_PULL",
    choice("missing", "never"),
    "missing",
    "Whether an image that is not here is pulled; never for machines without a network",
)

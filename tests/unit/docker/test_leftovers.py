"""Only what is surely abandoned is removed: never a container that somebody may be using."""

import pytest

from chorus_docker.leftovers import leftovers

NOW = 1_000_000.0


def container(
    state: str, *, owner: str = "me", boot: str = "dead", deadline: float = NOW + 60, age: float = 1
) -> dict[str, object]:
    labels = {"chorus.owner": owner, "chorus.boot": boot, "chorus.deadline": f"{deadline:.0f}"}
    return {"Id": "id", "State": state, "Created": NOW - age, "Labels": labels}


@pytest.mark.parametrize(
    ("found", "goes"),
    [
        (container("running"), True),
        (container("created"), True),
        (container("running", boot="live"), False),
        (container("running", owner="other"), False),
        (container("created", owner="other"), False),
        (container("created", owner="other", age=9999), True),
        (container("running", owner="other", age=9999), False),
        (container("running", owner="other", deadline=NOW - 3600), False),  # the clock was set by an hour
        (container("running", owner="other", deadline=NOW - 2 * 3600 - 1), True),
        (container("running", boot="live", deadline=NOW - 9999), False),
        (container("created", boot="live", age=9999), False),
        (container("exited", owner="other"), True),
    ],
)
def test_what_goes(found: dict[str, object], goes: bool) -> None:
    assert leftovers([found], owner="me", alive="live".__eq__, now=NOW) == (["id"] if goes else [])


def test_a_container_without_a_boot_goes_at_its_deadline() -> None:
    found = container("running")
    del found["Labels"]["chorus.boot"]  # type: ignore[attr-defined]
    assert leftovers([found], owner="me", alive=lambda _: False, now=NOW) == []
    assert leftovers([found], owner="me", alive=lambda _: False, now=NOW + 2 * 3600 + 61) == ["id"]

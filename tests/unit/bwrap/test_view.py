"""What bubblewrap is told to show."""

from pathlib import Path

import pytest

from chorus_bwrap import view


def pairs(words: list[str], option: str) -> dict[str, str]:
    return {words[i + 2]: words[i + 1] for i, word in enumerate(words) if word == option}


def build(**changes: object) -> list[str]:
    plain: dict[str, object] = {"readable": {}, "env": {}, "cwd": "/workspace/data"}
    return list(view.arguments("/base", **{**plain, **changes}))  # type: ignore[arg-type]


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "lib").symlink_to("usr/lib")
    return tmp_path


def test_a_merged_system_is_shown_by_links(merged: Path) -> None:
    words = view.system(merged)
    assert pairs(words, "--symlink") == {"/bin": "usr/bin", "/lib": "usr/lib"}
    assert pairs(words, "--ro-bind") == {"/usr": "/usr"}


def test_a_system_with_directories_of_its_own_is_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "etc" / "java-17-openjdk").mkdir(parents=True)
    words = view.system(tmp_path)
    assert pairs(words, "--ro-bind") == {
        "/usr": "/usr",
        "/bin": "/bin",
        "/etc/java-17-openjdk": "/etc/java-17-openjdk",
    }


def test_nothing_of_the_machine_is_shown_writable() -> None:
    shown = pairs(build(), "--bind")
    assert set(shown) == {"/workspace/data", "/workspace/output", "/tmp", "/dev/shm"}
    assert all(source.startswith("/base/") for source in shown.values())


def test_the_input_is_writable_only_while_it_is_filled() -> None:
    assert "/workspace/input" in pairs(build(), "--ro-bind")
    assert "/workspace/input" in pairs(build(filling=True), "--bind")


def test_everything_without_a_quota_becomes_read_only_at_the_end() -> None:
    words = build()
    ending = words[words.index("--remount-ro") :]
    assert ending == ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/workspace/data"]


def test_the_tasks_variables_win_over_ours(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    words = view.environment([tmp_path, tmp_path / "nobin"], {"HOME": "/x", "A": "b=c"})
    variables = {words[i + 1]: words[i + 2] for i, word in enumerate(words) if word == "--setenv"}
    assert variables["HOME"] == "/x"
    assert variables["A"] == "b=c"
    assert variables["PATH"] == f"{tmp_path}/bin:{view.BASE_PATH}"

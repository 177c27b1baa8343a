"""What `chorus` does, the one file does, from an empty directory with an empty home."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.integration.pyz.driver import ROOT, Pyz

CHORUS = Path(sys.executable).with_name("chorus")


def test_the_first_command_of_all_works(cold: Pyz) -> None:
    done = cold.run("id")
    assert done.returncode == 0, done.stderr
    assert (done.stderr, "peer_id" in done.stdout) == ("", True)


def test_the_version_is_told_without_unpacking(cold: Pyz) -> None:
    done = cold.run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == subprocess.run([CHORUS, "--version"], capture_output=True, text=True).stdout
    assert not cold.cache.exists()


def test_it_runs_by_its_own_name(warm: Pyz) -> None:
    done = subprocess.run([warm.file, "--version"], env=warm.environment(), capture_output=True, text=True)
    assert done.stdout.startswith("chorus "), done.stderr


def test_it_has_every_command(warm: Pyz) -> None:
    installed = subprocess.run([CHORUS, "--help"], env=warm.environment(), capture_output=True, text=True)
    assert warm.run("--help").stdout == installed.stdout


def test_every_built_in_plugin_is_found(warm: Pyz) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["chorus"]
    found = {plugin["name"]: plugin for plugin in warm.json("plugin", "list")}
    built_in = {name for name, plugin in found.items() if plugin["origin"] == "built-in"}
    assert built_in == set(declared)
    assert {name: found[name]["error"] for name in declared} == dict.fromkeys(declared)


@pytest.mark.bwrap
def test_it_runs_a_command_and_the_log_verifies(warm: Pyz) -> None:
    done = warm.run("run", "--sandbox", "bwrap", "--", "echo", "hi")
    assert (done.returncode, done.stdout) == (0, "hi\n"), done.stderr
    assert warm.json("log", "verify")["ok"] is True


@pytest.mark.bwrap
def test_it_brings_a_bubblewrap_that_works(warm: Pyz, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for program in ("sh", "setpriv", "mount", "unshare"):  # a PATH without bwrap
        (tmp_path / "bin" / program).symlink_to(f"/usr/bin/{program}")
    done = warm.run("run", "--sandbox", "bwrap", "--", "echo", "hi", PATH=str(tmp_path / "bin"))
    assert (done.returncode, done.stdout) == (0, "hi\n"), done.stderr


@pytest.mark.docker
def test_it_runs_a_command_in_a_container(warm: Pyz, engine: None) -> None:
    options = ("--sandbox", "docker", "--image", "chorus-test/busybox:1")
    done = warm.run("run", *options, "--", "echo", "hi")
    assert (done.returncode, done.stdout) == (0, "hi\n"), done.stderr


def test_a_third_party_plugin_on_the_path_is_found(warm: Pyz, tmp_path: Path) -> None:
    metadata = tmp_path / "site" / "chorus_plugin_blue-2.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: chorus-plugin-blue\nVersion: 2.0\n")
    (metadata / "entry_points.txt").write_text("[chorus]\nblue = chorus_plugin_blue\n")
    (tmp_path / "site" / "chorus_plugin_blue.py").write_text(
        "from chorus_hooks import hookimpl\n\n@hookimpl\ndef chorus_register_commands(register): ...\n"
    )
    found = warm.json("plugin", "list", PYTHONPATH=str(tmp_path / "site"))
    blue = next(plugin for plugin in found if plugin["name"] == "blue")
    assert (blue["origin"], blue["status"], blue["version"]) == ("third-party", "ok", "2.0")


def test_what_lies_on_the_path_never_hides_what_it_brings(warm: Pyz, tmp_path: Path) -> None:
    for name in ("chorus", "chorus_hooks", "pluggy", "typer"):
        (tmp_path / "stale" / name).mkdir(parents=True)
        (tmp_path / "stale" / name / "__init__.py").write_text("raise ImportError('stale')\n")
    assert warm.run("id", PYTHONPATH=str(tmp_path / "stale")).returncode == 0


def test_shivs_own_variables_still_work(warm: Pyz) -> None:
    done = warm.run("-c", "import chorus; print(chorus.__file__)", SHIV_INTERPRETER="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).is_relative_to(warm.cache / "chorus")


def test_shivs_forced_extraction_repairs_what_was_damaged(cold: Pyz) -> None:
    cold.run("--help")
    for module in cold.cache.glob("chorus/*/site-packages/chorus/*.py"):
        module.unlink()
    assert cold.run("id").returncode != 0
    assert cold.run("id", SHIV_FORCE_EXTRACT="1").returncode == 0


UNCACHED = """
import os, sys, trio, typer, chorus.cli, chorus_hooks.specs
files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
ours = [name for name, file in files.items() if "site-packages" in file and file.endswith(".py")]
assert len(ours) > 50
print([name for name in ours if not os.path.exists(sys.modules[name].__cached__)])
"""


def test_it_brings_its_bytecode_so_that_a_read_only_cache_is_no_slower(warm: Pyz) -> None:
    done = warm.run("-c", UNCACHED, SHIV_INTERPRETER="1", PYTHONDONTWRITEBYTECODE="1")
    assert done.stdout == "[]\n", done.stderr


def test_nothing_is_left_where_it_was_called(warm: Pyz) -> None:
    warm.run("id")
    assert list((warm.folder / "empty").iterdir()) == []

"""The house keeps its shape: who may import whom, what ships, how long a file may be."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PLUGINS = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())
LONGEST_FILE = 350

PLANTS = {
    "the contract imports nothing of ours": ("hooks/chorus_hooks/node.py", "import chorus.plan"),
    "the core never imports a plugin": ("chorus/plan.py", "import chorus_journal"),
    "plugins see the contract, never the core": ("plugins/chorus_journal/plugin.py", "import chorus.plan"),
    "only one plugin imports libp2p": ("plugins/chorus_journal/plugin.py", "import libp2p"),
    "plugins are independent of one another": ("plugins/chorus_journal/plugin.py", "import chorus_identity"),
}


def lint_imports(tree: Path) -> str:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    path = ":".join(str(tree / folder) for folder in (".", "hooks", "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tree,
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("chorus", "hooks", "plugins"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("contract", PLANTS)
def test_a_planted_import_breaks_its_contract(tree: Path, contract: str) -> None:
    file, line = PLANTS[contract]
    with (tree / file).open("a") as source:
        source.write(f"\n{line}\n")
    assert f"{contract} BROKEN" in lint_imports(tree)


@pytest.mark.slow
def test_the_tree_as_it_is_keeps_every_contract(tree: Path) -> None:
    assert "5 kept, 0 broken" in lint_imports(tree)


def test_every_plugin_folder_ships_has_an_entry_point_and_is_under_contract() -> None:
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [f"plugins/{name}" for name in PLUGINS] == [
        package for package in shipped if package.startswith("plugins/")
    ]
    points = PROJECT["project"]["entry-points"]["chorus"]
    assert {f"{name}.plugin": name.removeprefix("chorus_") for name in PLUGINS} == {
        v: k for k, v in points.items()
    }
    roots = PROJECT["tool"]["importlinter"]["root_packages"]
    assert set(PLUGINS) <= set(roots)
    for contract in PROJECT["tool"]["importlinter"]["contracts"]:
        if contract["name"] == "only one plugin imports libp2p":
            assert {"chorus", "chorus_hooks", *PLUGINS} - {"chorus_libp2p"} == set(contract["source_modules"])


def test_no_source_file_outgrows_its_noun() -> None:
    sources = [path for folder in ("chorus", "hooks", "plugins") for path in (ROOT / folder).rglob("*.py")]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}

"""build/venv.sh on machines that lack something, with a stand-in for what they have."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

OLD = """#!/bin/sh
case "$*" in *-V*) echo "Python 3.9.2" ;; *version_info*) exit 1 ;; esac
"""
# Debian's python3 as it comes: no ensurepip, until a file tells that python3-venv was installed.
BARE = """#!/bin/sh
case "$*" in
    *-V*) echo "Python 3.11.2" ;;
    *ensurepip*) test -e "$(dirname "$0")/python3-venv-is-here" ;;
esac
"""
NO_APT = "#!/bin/sh\necho 'E: no network' >&2\nexit 100\n"
APT = '#!/bin/sh\ncase "$*" in *python3-venv*) touch "$(dirname "$0")/python3-venv-is-here" ;; esac\n'
ROOT_ID = "#!/bin/sh\necho 0\n"
USER_ID = "#!/bin/sh\necho 1000\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "check out"
    (folder / "build").mkdir(parents=True)
    (folder / "bin").mkdir()
    for name in ("build/venv.sh", "pyproject.toml", *(path.name for path in ROOT.glob("requirements*.lock"))):
        shutil.copy(ROOT / name, folder / name)
    return folder


def set_up(checkout: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    for name, text in programs.items():
        program = checkout / "bin" / name.replace("_", "-")
        program.write_text(text)
        program.chmod(0o755)
    return subprocess.run(
        ["sh", "build/venv.sh", "run"],
        cwd=checkout,
        env={"PATH": f"{checkout / 'bin'}:/usr/bin:/bin", "PYTHON": str(checkout / "bin" / "python")},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_old_python_is_refused_with_its_version(checkout: Path) -> None:
    done = set_up(checkout, python=OLD)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_user_without_ensurepip_gets_the_one_line_that_cures_it(checkout: Path) -> None:
    done = set_up(checkout, python=BARE, id=USER_ID)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "  try: sudo apt-get install python3-venv"


def test_root_gets_python3_venv_installed(checkout: Path) -> None:
    done = set_up(checkout, python=BARE, id=ROOT_ID, apt_get=APT)
    assert "installing python3-venv" in done.stderr
    assert "making .venv with Python 3.11.2" in done.stderr


def test_root_sees_why_python3_venv_cannot_be_installed(checkout: Path) -> None:
    done = set_up(checkout, python=BARE, id=ROOT_ID, apt_get=NO_APT)
    assert done.returncode == 1
    assert "E: no network" in done.stderr
    assert done.stderr.splitlines()[-1] == "  try: apt-get install python3-venv"


def test_without_any_python_the_cure_is_told(checkout: Path) -> None:
    done = set_up(checkout)
    assert done.returncode == 1
    assert "apt-get install python3 python3-venv" in done.stderr

"""Turn shiv's zipapp into chorus.pyz: our first lines in the place of shiv's, and the bytecode.

    pack.py SHIV.pyz SITE OUT.pyz

shiv's own start takes about 70 ms each time, and looks neither at the version of Python nor for a place to
unpack into. What it packed, and the build id that it gave, stay as they are. The bytecode makes the first
start a quick one, and every start where none can be written: read-only, or PYTHONDONTWRITEBYTECODE. It is an
archive in the archive, because Python reads the list of the outer one at every start, 5 us for each file.
"""

import compileall
import io
import json
import sys
import warnings
import zipfile
from importlib import metadata
from pathlib import Path
from py_compile import PycInvalidationMode

HERE = Path(__file__).parent
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

Date = tuple[int, int, int, int, int, int]


def main(plain: str, site: str, out: str) -> None:
    """Write `out` from what shiv wrote to `plain` from the packages in `site`."""
    with Path(out).open("wb") as file, zipfile.ZipFile(plain) as source:
        shiv = json.loads(source.read("environment.json"))
        ours = start_modules(shiv, Path(site))
        file.write(f"#!/usr/bin/env python{PYTHON}\n".encode())
        with zipfile.ZipFile(file, "w") as target:
            for entry in source.infolist():
                data = ours.pop(entry.filename, None) or source.read(entry)
                target.writestr(entry, data, zipfile.ZIP_DEFLATED)
            date = entry.date_time
            for name, data in ours.items():
                target.writestr(zipfile.ZipInfo(name, date), data, zipfile.ZIP_DEFLATED)
            target.writestr(zipfile.ZipInfo("bytecode.zip", date), bytecode(Path(site), date))
    Path(out).chmod(0o755)


def start_modules(shiv: dict[str, str], site: Path) -> dict[str, bytes]:
    """What `import` finds at the top of the archive, by file name."""
    own = next(iter(metadata.distributions(name="chorus-agent", path=[str(site)])))
    facts = {
        "VERSION": own.version,
        "PYTHON": PYTHON,
        "PLATFORM": getattr(sys.implementation, "_multiarch", ""),
        "BUILD_ID": shiv["build_id"],
        "ENTRY_POINT": shiv["entry_point"],
    }
    return {
        "__main__.py": (HERE / "main.py").read_bytes(),
        "chorus_build.py": "".join(f"{name} = {value!r}\n" for name, value in facts.items()).encode(),
        "chorus_unpack.py": (HERE / "unpack.py").read_bytes(),
    }


def bytecode(site: Path, date: Date) -> bytes:
    """An archive of every module's bytecode, never compared with the source: nobody edits that there."""
    warnings.simplefilter("ignore")  # other people's escape sequences
    compileall.compile_dir(site, quiet=2, stripdir=site, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for path in sorted(site.rglob("__pycache__/*.pyc")):
            entry = zipfile.ZipInfo(str(path.relative_to(site)), date)
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return inner.getvalue()


if __name__ == "__main__":
    main(*sys.argv[1:])

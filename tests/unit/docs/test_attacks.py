"""Every test that the page on the mesh names as a witness is there."""

import re

from tests.unit.docs.markdown import ROOT, read, spans

PAGE = ROOT / "docs" / "explanation" / "mesh.md"
_DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


def named(text: str) -> set[str]:
    return {span for span in spans(text) if span.startswith("test_")}


def defined() -> set[str]:
    found = (
        _DEFINED.findall(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py")
    )
    return {name for names in found for name in names}


def test_every_test_named_exists() -> None:
    names = named(read(PAGE))
    assert len(names) > 20
    assert names - defined() == set()


def test_a_name_is_one_in_backticks() -> None:
    assert named("a `test_it_is_there`, test_not and `other`") == {"test_it_is_there"}

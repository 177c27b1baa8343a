"""Every link between the pages leads somewhere, and every page of docs/ can be reached from its index."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.markdown import ROOT, anchors, by_name, links, pages, read

DOCS = ROOT / "docs"


def broken(page: Path, text: str) -> list[str]:
    faults = []
    for target in links(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.is_relative_to(ROOT) or not file.exists():
            faults.append(f"{target}: there is no such file")
        elif anchor and anchor not in anchors(text if file == page else read(file)):
            faults.append(f"{target}: there is no such heading")
    return faults


def reached(start: Path) -> set[Path]:
    """Every Markdown page that links lead to."""
    found, left = {start}, [start]
    while left:
        page = left.pop()
        for target in links(read(page)):
            file = (page.parent / target.partition("#")[0]).resolve()
            if file.suffix == ".md" and file.is_file() and file not in found:
                found.add(file)
                left.append(file)
    return found


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page, read(page)) == []


def test_every_page_of_the_docs_is_reached_from_the_index() -> None:
    docs = {page for page in pages() if page.is_relative_to(DOCS)}
    assert docs - reached(DOCS / "index.md") == set()


def test_a_missing_file_a_missing_heading_and_a_way_out_are_seen() -> None:
    page = ROOT / "README.md"
    text = "# Here\n[a](nowhere.md) [b](CHANGELOG.md#nowhere) [c](#there) [d](../outside.md) [e\nf](#here)"
    assert broken(page, text) == [
        "nowhere.md: there is no such file",
        "CHANGELOG.md#nowhere: there is no such heading",
        "#there: there is no such heading",
        "../outside.md: there is no such file",
    ]


def test_links_to_the_web_and_links_shown_as_code_are_left_alone() -> None:
    assert broken(ROOT / "README.md", "[a](https://example.org/x) `[b](c.md)`\n```\n[d](e.md)\n```\n") == []


def test_anchors_are_those_of_github() -> None:
    text = "# Who may import whom?\n## `chorus run`\n## A\n## A\n## [Link](x.md) here\n```\n# no\n```\n"
    assert anchors(text) == {"who-may-import-whom", "chorus-run", "a", "a-1", "link-here"}

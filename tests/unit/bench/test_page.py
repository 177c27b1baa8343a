"""docs/benchmarks.md: what was measured replaces what was there, and a target is met or missed."""

from typing import Any

from contrib.bench.page import merged, section, table_row

PAGE = merged("", [section({"title": title, "rows": []}, "then") for title in ("A", "B")])


def row(measured: float, target: float | None, better: str = "lower") -> dict[str, Any]:
    return {"what": "it", "measured": measured, "unit": "ms", "target": target, "better": better}


def test_a_row_says_whether_its_target_was_met() -> None:
    assert table_row(row(3, 4)) == "| it | ≤ 4 ms | 3 ms | 0.75 | met |"
    assert table_row(row(3, 4, "higher")) == "| it | ≥ 4 ms | 3 ms | 0.75 | missed |"
    assert table_row(row(3, None)) == "| it | | 3 ms | | |"


def test_a_target_of_none_at_all_has_no_share() -> None:
    assert table_row(row(0, 0)) == "| it | ≤ 0 ms | 0 ms |  | met |"
    assert table_row(row(2, 0)) == "| it | ≤ 0 ms | 2 ms |  | missed |"


def test_a_section_replaces_the_one_of_its_title_and_no_other() -> None:
    page = merged(PAGE, [section({"title": "B", "rows": [row(5, 4)]}, "now")])
    assert "## A\n\nthen." in page
    assert "## B\n\nnow." in page
    assert page.count("## ") == 2


def test_the_page_says_how_many_targets_were_missed() -> None:
    assert "Every target met." in PAGE
    missed = section({"title": "B", "rows": [row(5, 4), row(6, 4)]}, "now")
    assert "Targets missed: 2." in merged(PAGE, [missed])

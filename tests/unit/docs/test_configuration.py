"""docs/configuration.md says what the code declares."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_configuration_page_is_what_make_docs_would_write() -> None:
    spec = importlib.util.spec_from_file_location("settings_page", ROOT / "contrib" / "settings_page.py")
    assert spec is not None
    assert spec.loader is not None
    settings_page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(settings_page)
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), "run make docs"

"""What a node and `chorus doctor` are told about prompts, and that a reload is heard."""

from pathlib import Path

from chorus_hooks.health import Finding
from chorus_hooks.service import Capabilities
from chorus_reasoner import plugin
from chorus_reasoner.check import prompts_check
from chorus_reasoner.reloads import RELOADS
from tests.unit.reasoner.fakes import Config


class Nothing:
    def get(self, kind: object) -> object:
        raise LookupError(kind)


async def found(directory: Path | None) -> Finding:
    config = Config({"CHORUS_PROMPTS_DIR": directory})
    given: Capabilities = Nothing()  # type: ignore[assignment]
    return await prompts_check(config).probe(given)


async def test_sound_prompts_are_ok_and_faulty_ones_are_told(tmp_path: Path) -> None:
    assert (await found(None)).status == "ok"
    (tmp_path / "a.yaml").write_text("roles: {mine: {system_prompt: x}}")
    assert (await found(tmp_path)).text == "7 roles"
    (tmp_path / "b.yaml").write_text("roles: {mine: {system_prompt: x}, other: {}}")
    finding = await found(tmp_path)
    assert (finding.status, "(and 1 more)" in finding.text) == ("warning", True)
    assert "chorus prompts check" in finding.cure


def test_a_reload_is_counted() -> None:
    before = RELOADS.count
    plugin.chorus_on_reload()
    assert RELOADS.count == before + 1

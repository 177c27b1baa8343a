"""Role prompts: what a file may hold, what is wrong in it, and which set is in force."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.errors import ConfigError, NotFound
from chorus_reasoner.library import Library, load
from chorus_reasoner.role import MAX_FILE, parse_roles

WHOLE = b"""
roles:
  arbiter:
    name: Arbiter
    description: Leads
    tags: [coordination, lead]
    system_prompt: |
      You lead.
    defaults:
      models: [meta/llama-3.1-8b-instruct]
      capabilities: [coordination]
      expertise: [planning]
      max_tasks: 3
"""


def test_a_role_in_the_original_layout_is_read() -> None:
    (role,), faults = parse_roles(WHOLE, "a.yaml")
    assert faults == []
    assert (role.id, role.name, role.tags) == ("arbiter", "Arbiter", ("coordination", "lead"))
    assert (role.system_prompt, role.models, role.max_tasks) == (
        "You lead.\n",
        ("meta/llama-3.1-8b-instruct",),
        3,
    )


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "no `roles`"),
        (b"roles: []", "no `roles`"),
        (b"a: [", "expected the node content"),
        (b"\xff", "not UTF-8"),
        (b"roles: {a: {system_prompt: x}, a: {system_prompt: y}}", "'a' occurs twice (line 1)"),
        (b"roles: {A b: {system_prompt: x}}", "'A b' is no role id"),
        (b"roles: {a: 3}", "a: it has no fields"),
        (b"roles: {a: {}}", "a: it has no `system_prompt`"),
        (b"roles: {a: {system_prompt: 3}}", "`system_prompt` is no text"),
        (b"roles: {a: {system_prompt: x, prompt: y}}", "'prompt' is unknown"),
        (b"roles: {a: {system_prompt: x, tags: t}}", "`tags` is no list"),
        (b"roles: {a: {system_prompt: x, defaults: {max_tasks: true}}}", "`max_tasks` is True"),
        (b"roles: {a: {system_prompt: x}}\nextra: 1", "'extra' is unknown"),
        (b"roles: {a: {system_prompt: !!python/object/apply:os.system [ls]}}", "could not determine"),
        (b"[" * 5000, "nested too deeply"),
        (b"#" * (MAX_FILE + 1), "the most is"),
    ],
)
def test_what_is_wrong_is_told_with_its_file(raw: bytes, fault: str) -> None:
    _, faults = parse_roles(raw, "a.yaml")
    assert any(fault in line and line.startswith("a.yaml: ") for line in faults), faults


def test_everything_that_is_wrong_is_told_at_once() -> None:
    roles, faults = parse_roles(
        b"roles: {a: {}, B: {}, c: {system_prompt: x, y: z}, d: {system_prompt: x}}", "f"
    )
    assert len(faults) == 3
    assert [role.id for role in roles] == ["d"]


@given(st.text(alphabet="roles: {}[]\n-a&*!|<'\"", max_size=80))
def test_no_file_breaks_it(text: str) -> None:
    roles, faults = parse_roles(text.encode(), "f")
    assert faults or roles


def test_the_built_in_roles_are_sound() -> None:
    prompts = load(None, None)
    assert prompts.faults == ()
    assert {"developer", "tester", "reviewer", "debugger", "architect", "writer"} <= set(prompts.roles)
    whole = prompts.whole(prompts.get("developer"))
    assert whole.endswith(prompts.instructions.strip() + "\n")
    with pytest.raises(NotFound, match="no role nobody"):
        prompts.get("nobody")


def test_own_roles_come_beside_the_built_in_ones_and_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_bytes(WHOLE)
    (tmp_path / "two.yml").write_text("roles: {developer: {system_prompt: mine}}")
    (tmp_path / "defaults.md").write_text("for all")
    (tmp_path / "notes.txt").write_text("no roles")
    prompts = load(tmp_path, None)
    assert prompts.faults == ()
    assert prompts.whole(prompts.get("developer")) == "mine\n\nfor all\n"
    assert prompts.get("arbiter").source == str(tmp_path / "one.yaml")
    assert "tester" in prompts.roles
    other = tmp_path / "other"
    other.write_text("else")
    assert load(tmp_path, other).instructions == "else"


def test_an_id_in_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_bytes(WHOLE)
    (tmp_path / "two.yaml").write_bytes(WHOLE)
    (fault,) = load(tmp_path, None).faults
    assert "two.yaml: the role arbiter is in" in fault


def test_a_directory_and_instructions_that_are_not_there_are_told(tmp_path: Path) -> None:
    faults = load(tmp_path / "no", tmp_path / "nor").faults
    assert len(faults) == 2


def test_prompts_are_read_again_after_a_reload_and_a_faulty_set_is_not_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, reloads = tmp_path / "one.yaml", 0
    file.write_text("roles: {a: {system_prompt: first}}")
    library = Library(lambda: tmp_path, lambda: None, lambda: reloads)
    first = library.prompts()
    file.write_text("roles: {a: {system_prompt: second}}")
    assert library.prompts() is first
    reloads += 1
    assert library.prompts().get("a").system_prompt == "second"
    assert library.prompts().digest(library.prompts().get("a")) != first.digest(first.get("a"))
    file.write_text("roles: 3")
    reloads += 1
    with caplog.at_level(logging.ERROR):
        assert library.prompts().get("a").system_prompt == "second"
    assert "the old ones stay" in caplog.text


def test_a_faulty_first_set_is_an_error_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("roles: {a: {}, b: {}}")
    with pytest.raises(ConfigError, match=r"a: it has no `system_prompt` \(and 1 more\)"):
        Library(lambda: tmp_path, lambda: None, lambda: 0).prompts()

"""`chorus doctor` on real machines: each finding by really breaking the thing."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contrib.bench.rig.mesh import mesh
from contrib.bench.rig.node import until
from tests.integration.health.conftest import Program, leave

CORE = {"platform", "plugins", "configuration", "state-dir", "disk", "clock"}
PLUGINS = {"bwrap", "docker", "sandbox", "identity", "journal", "blobs", "secrets"}
SEVERAL_LOOKS_S = 60.0
NOWHERE = "unix:///nonexistent/docker.sock"


@pytest.fixture(autouse=True)
def no_engine(program: Program) -> None:
    """Most of these are about other things than the engine that happens to run here."""
    program.environment["DOCKER_HOST"] = NOWHERE
    program.environment["CHORUS_SANDBOX"] = "bwrap"
    program.environment["CHORUS_PLUGINS_DISABLED"] = "docker"


@pytest.mark.bwrap
def test_a_machine_that_works_is_told_check_by_check(program: Program) -> None:
    code, findings = program.doctor()
    assert code == 0
    assert set(findings) >= CORE | PLUGINS - {"docker"}
    for finding in findings.values():
        assert set(finding) == {"name", "status", "text", "cure", "took_s"}
        assert finding["text"]
        assert finding["cure"] or finding["status"] == "ok", finding
    assert findings["bwrap"]["status"] == findings["journal"]["status"] == "ok"
    assert program.run("log", "verify").returncode == 0


@pytest.mark.bwrap
@pytest.mark.docker
def test_the_engine_that_runs_here_is_told(program: Program) -> None:
    program.environment = {}
    _, findings = program.doctor()
    assert (findings["docker"]["status"], "API" in findings["docker"]["text"]) == ("ok", True)


def test_an_engine_that_does_not_answer_fails_with_its_cure(program: Program) -> None:
    program.environment = {"DOCKER_HOST": NOWHERE, "CHORUS_SANDBOX": "docker"}
    code, findings = program.doctor()
    assert code == 1
    assert findings["docker"]["status"] == findings["sandbox"]["status"] == "failed"
    assert "DOCKER_HOST" in findings["docker"]["cure"]
    assert "for docker: start the engine" in findings["sandbox"]["cure"]


@pytest.mark.bwrap
def test_a_machine_without_user_namespaces_is_told_how_to_allow_them(program: Program) -> None:
    limit = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    program.wrapper = ("unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh")
    code, findings = program.doctor()
    assert code == 1
    assert findings["bwrap"]["status"] == "warning"
    assert "sysctl -w user.max_user_namespaces" in findings["bwrap"]["cure"]
    assert (findings["sandbox"]["status"], findings["journal"]["status"]) == ("failed", "ok")


def test_a_damaged_journal_is_a_finding_that_names_the_service(program: Program) -> None:
    program.state_dir.mkdir(mode=0o700)
    (program.state_dir / "journal.db").write_bytes(b"this was a database once" * 999)
    code, findings = program.doctor()
    assert code == 1
    fault = findings["service journal"]
    assert (fault["status"], "is damaged" in fault["text"]) == ("failed", True)
    assert "chorus log verify" in fault["cure"]
    for name in ("journal", "blobs", "sandbox"):
        assert findings[name]["status"] == "warning"
        assert findings[name]["text"] == "not looked at: service journal does not start"
    assert findings["identity"]["status"] == "ok"


def test_a_key_that_others_may_read_is_a_finding_with_its_cure(program: Program) -> None:
    assert program.run("id").returncode == 0
    (program.state_dir / "identity.key").chmod(0o644)
    code, findings = program.doctor()
    assert (code, findings["service identity"]["status"]) == (1, "failed")
    assert "chmod 600" in findings["service identity"]["cure"]


def test_a_state_dir_that_others_may_enter_is_told(program: Program) -> None:
    program.state_dir.mkdir(mode=0o700)
    program.state_dir.chmod(0o755)
    _, findings = program.doctor()
    assert (findings["state-dir"]["status"], findings["state-dir"]["cure"]) == (
        "warning",
        f"chmod 700 {program.state_dir}",
    )


def test_a_state_dir_that_is_none_is_a_finding_and_the_rest_is_looked_at(program: Program) -> None:
    program.state_dir.write_text("a file")
    code, findings = program.doctor()
    assert (code, findings["state-dir"]["status"]) == (1, "failed")
    assert findings["journal"]["text"] == "not looked at: the state dir cannot be used"
    assert findings["secrets"]["status"] == "ok"
    assert program.state_dir.read_text() == "a file"


def test_a_read_only_state_dir_is_a_finding(program: Program, small_disk: Path) -> None:
    program.state_dir = small_disk / "state"
    program.doctor()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    try:
        code, findings = program.doctor()
    finally:
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    assert (code, findings["state-dir"]["status"]) == (1, "failed")
    assert "read-only" in findings["state-dir"]["cure"]


def test_a_disk_that_fills_up_is_told_while_there_is_room_to_tell_it(
    program: Program, small_disk: Path
) -> None:
    program.state_dir = small_disk / "state"
    _, findings = program.doctor()
    assert findings["state-dir"]["status"] == "warning"
    assert "on tmpfs: a restart of the machine empties it" in findings["state-dir"]["text"]
    assert findings["disk"]["status"] == "ok"
    leave(small_disk, 1 << 20)
    _, findings = program.doctor()
    assert findings["disk"]["status"] == "warning"
    filler = leave(small_disk, 200 << 10)
    code, findings = program.doctor()
    assert (code, findings["disk"]["status"]) == (1, "failed")
    assert "chorus prune" in findings["disk"]["cure"]
    filler.unlink()
    _, findings = program.doctor()
    assert findings["disk"]["status"] == "ok"


def test_a_disk_that_is_full_to_the_last_byte_is_a_finding_and_no_crash(
    program: Program, small_disk: Path
) -> None:
    program.state_dir = small_disk / "state"
    program.doctor()
    leave(small_disk, 0)
    code, findings = program.doctor()
    assert code == 1
    told = " ".join(finding["text"] for finding in findings.values() if finding["status"] == "failed")
    assert "full" in told or "No space left" in told


def test_a_variable_that_nobody_knows_is_told(program: Program) -> None:
    program.environment["CHORUS_SANDBOXX"] = "bwrap"
    _, findings = program.doctor()
    assert "did you mean CHORUS_SANDBOX?" in findings["configuration"]["text"]


@pytest.mark.slow
def test_several_doctors_do_not_disturb_each_other(program: Program) -> None:
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda _: program.doctor(), range(4)))
    wrong = [one for _, findings in answers for one in findings.values() if one["status"] == "failed"]
    assert wrong == []
    assert [code for code, _ in answers] == [0] * 4
    assert {findings["journal"]["status"] for _, findings in answers} == {"ok"}


def test_for_a_person_it_is_a_line_and_a_cure_in_colours_on_a_terminal_only(program: Program) -> None:
    program.state_dir.mkdir(mode=0o700)
    program.state_dir.chmod(0o755)
    cure = f"           try: chmod 700 {program.state_dir}"
    plain = program.run("doctor").stdout
    assert f"warning  state-dir: {program.state_dir} is open to other users (mode 0755)\n{cure}\n" in plain
    assert "\x1b" not in plain
    _, seen = program.on_a_terminal("doctor")
    assert "\x1b[33mwarning\x1b[0m  state-dir: " in seen
    _, seen = program.on_a_terminal("--no-color", "doctor")
    assert "\x1b" not in seen


def test_without_a_node_it_joins_no_mesh(program: Program) -> None:
    _, findings = program.doctor()
    assert findings["peers"]["text"] == "no node is up here"
    assert findings["mesh"]["text"].endswith("; 0 peers")


def test_a_node_elsewhere_is_not_asked_about_this_machine(program: Program) -> None:
    program.environment |= {"CHORUS_URL": "http://192.0.2.1:1", "CHORUS_API_TOKEN": "test-token-of-no-worth"}
    _, findings = program.doctor()
    assert findings["peers"]["text"] == "not asked: CHORUS_URL names a node elsewhere"


@pytest.mark.slow
def test_beside_a_node_it_tells_of_the_mesh_what_the_node_does_and_is_no_second_peer(tmp_path: Path) -> None:
    with mesh(tmp_path, 2) as nodes:
        one, other = nodes.nodes
        one.start(), other.start()
        nodes.wait()
        before = other.log.read_text()

        def told() -> dict[str, str]:
            found = json.loads(one.chorus("doctor", "--json").stdout)["findings"]
            return {finding["name"]: finding["text"] for finding in found}

        assert f"port {one.environment['CHORUS_P2P_PORT']}" in told()["mesh"]
        until(lambda: told()["peers"] == "1 peer answers", SEVERAL_LOOKS_S)
        assert "chorus.members" not in other.log.read_text()[len(before) :]

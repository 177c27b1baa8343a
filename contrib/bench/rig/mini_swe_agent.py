"""mini-swe-agent beside CHORUS: installed into an environment of its own, on the same server and image.

https://github.com/SWE-agent/mini-swe-agent, from PyPI. It asks litellm, which brings 200 MB along.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
HOME: Final = ROOT / ".cache" / "mini-swe-agent"
REQUIREMENT: Final = "mini-swe-agent==2.4.6"
INSTALL_S: Final = 400.0
RUN_S: Final = 120.0
FENCE: Final = "mswea_bash_command"
DONE: Final = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"

_DRIVER: Final = """\
import json, sys
from minisweagent.agents.default import DefaultAgent
from minisweagent.environments.docker import DockerEnvironment
from minisweagent.models.litellm_textbased_model import LitellmTextbasedModel

told = json.load(sys.stdin)
model = LitellmTextbasedModel(
    model_name="openai/scripted",
    model_kwargs={"api_base": told["url"], "api_key": "not-a-real-key"},
    cost_tracking="ignore_errors",
)
place = DockerEnvironment(
    image=told["image"], cwd="/tmp", interpreter=["sh", "-c"], run_args=["--rm", "--network", "none"]
)
agent = DefaultAgent(model, place, system_template="You act.", instance_template="{{task}}")
try:
    print(json.dumps(agent.run("Do nothing.").get("exit_status")))
finally:
    place.cleanup()
"""


class NotThere(Exception):
    """It cannot be installed or run, and why."""


def install() -> Path:
    """The interpreter that has it, installed once. Raises NotThere."""
    python = HOME / "bin" / "python"
    if not (HOME / "installed").is_file():
        try:
            for command in (
                [sys.executable, "-m", "venv", str(HOME)],
                [str(python), "-m", "pip", "install", "-q", REQUIREMENT],
            ):
                subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_S)
        except subprocess.SubprocessError as error:
            raise NotThere(f"{REQUIREMENT} could not be installed: {type(error).__name__}") from None
        (HOME / "installed").touch()
    return python


def run(python: Path, url: str, image: str) -> None:
    """One task to its end, by the OpenAI wire at `url`. Raises NotThere."""
    settings = {
        "MSWEA_SILENT_STARTUP": "1",
        "MSWEA_GLOBAL_CONFIG_DIR": str(HOME),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
    }
    done = subprocess.run(
        [str(python), "-c", _DRIVER],
        input=json.dumps({"url": url, "image": image}),
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=RUN_S,
    )
    if done.returncode or json.loads(done.stdout.splitlines()[-1]) != "Submitted":
        raise NotThere(f"it did not come to its end: {done.stderr[-500:]}")

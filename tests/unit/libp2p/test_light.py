"""libp2p takes more than a second to import: only a node that starts its mesh pays for it."""

import subprocess
import sys


def test_no_command_imports_libp2p() -> None:
    program = (
        "import sys; from chorus.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "import chorus_libp2p.plugin, chorus_libp2p.settings, chorus_libp2p.check, chorus_libp2p.metric\n"
        "print([name for name in ('libp2p', 'multiaddr') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--help"],
        env={"CHORUS_PLUGINS_DISABLED": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"

"""Whether the nodes of this machine see one another: asked over the API of each."""

import http.client
import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import trio

from chorus.local_mesh.place import Place, Where
from chorus_hooks.endpoint import TOKEN_FILE

ANSWER_S: Final = 2.0
_HTTP_OK: Final = 200


async def meshed(nodes: Sequence[tuple[Place, Where]], token: str) -> bool:
    """Whether each sees all of the others alive. Empty `token`: each has made one for itself."""
    everybody = {where.peer_id for _, where in nodes}
    for place, where in nodes:
        seen = await trio.to_thread.run_sync(_alive, place, where, token, abandon_on_cancel=True)
        if seen is None or not everybody - {where.peer_id} <= seen:
            return False
    return True


def _alive(place: Place, where: Where, token: str) -> set[str] | None:
    """The peers that a node sees alive; None when it does not say."""
    api = urlsplit(where.api)
    connection = http.client.HTTPConnection(api.hostname or "", api.port, timeout=ANSWER_S)
    try:
        bearer = token or (place.state_dir / TOKEN_FILE).read_text(encoding="ascii").strip()
        connection.request("GET", f"{api.path}/api/v1/peers", headers={"Authorization": f"Bearer {bearer}"})
        answer = connection.getresponse()
        if answer.status != _HTTP_OK:
            return None
        peers = json.loads(answer.read())["peers"]
        return {str(peer["peer_id"]) for peer in peers if peer["state"] == "alive"}
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()

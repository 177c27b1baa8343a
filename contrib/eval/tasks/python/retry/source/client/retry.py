"""Try again what may work the next time."""

import time


def retry(attempts, work, *, on=(OSError,), pause_s=0.1, sleep=time.sleep):
    """What `work` returns, at the latest in the given attempt; the pause doubles. Raises its last error."""
    for _ in range(1, attempts):
        try:
            return work()
        except on:
            sleep(pause_s)
            pause_s *= 2

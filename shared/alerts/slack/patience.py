"""Patience: how long something is tried, whatever it waits for."""

import time
from collections.abc import Callable

from shared.alerts.channel import ChannelUnavailable

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 8.0


class Patience:
    """So many seconds of waiting and working, shared by all that is done with it."""

    def __init__(self, seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._left, self._ends, self._sleep = seconds, time.monotonic() + seconds, sleep

    def wait(self, seconds: float, why: str) -> None:
        """Waits, unless that would take longer than there is patience: then ChannelUnavailable."""
        left = min(self._left, self._ends - time.monotonic())
        if seconds > left:
            raise ChannelUnavailable(
                f"{why}; expected to wait at most {max(0.0, left):.0f} s more, not {seconds:g} s"
            )
        self._left -= seconds
        self._sleep(seconds)

    def part(self, seconds: float) -> "Patience":
        """At most so much of what is left, on its own account."""
        return Patience(min(seconds, self._left, self._ends - time.monotonic()), self._sleep)


def wait_before(attempt: int) -> float:
    """How long to wait after failure number `attempt`, from 0, where Slack does not say."""
    return float(min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt))

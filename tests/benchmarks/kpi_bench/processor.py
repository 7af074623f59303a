"""Processor time: what work costs whatever else the machine does, of this process and those it waited for."""

import resource
import time
from collections.abc import Callable


def seconds_of(work: Callable[[], object]) -> float:
    """Seconds of a processor that `work` takes. CmdStan is a process of its own, and counts."""
    begun = _children(), time.process_time()
    work()
    return _children() - begun[0] + time.process_time() - begun[1]


def clock_seconds_of(work: Callable[[], object]) -> float:
    """Seconds that somebody waits for `work`."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

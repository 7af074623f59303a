"""Running a backtest's jobs on all cores; Ctrl-C leaves nothing behind."""

import multiprocessing
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from tempfile import TemporaryDirectory

from shared.errors import SekishoError
from shared.kpi.backtest.walk import Course, Job, walk
from shared.kpi.detection.one_thread import hold_to_one_thread

LITTLE = 5_000
"""So little work (Job.work) is done sooner than other processes have begun."""
type Bars = AbstractContextManager[Callable[[Job], None]]
type Timed = tuple[list[Course], float]


def run(jobs: Sequence[Job], processes: int, bars: Bars) -> tuple[list[Course], dict[str, float]]:
    """What comes of all jobs, in their order whatever `processes`, and each detector's CPU seconds.

    `bars` gives what is called after each job, to show how far it is.
    """
    if processes <= 1 or sum(job.work for job in jobs) < LITTLE:
        done = []
        with bars as advance:
            for job in jobs:
                done.append(_timed(job))
                advance(job)
    else:
        # What a worker that is ended in the middle leaves goes with it.
        with TemporaryDirectory(prefix="sekisho-backtest-", ignore_cleanup_errors=True) as folder:
            done = _in_processes(jobs, processes, bars, folder)
    seconds: dict[str, float] = {}
    for job, (_, spent) in zip(jobs, done, strict=True):
        seconds[job.detector] = seconds.get(job.detector, 0.0) + spent
    return [course for courses, _ in done for course in courses], seconds


def _in_processes(jobs: Sequence[Job], processes: int, bars: Bars, folder: str) -> list[Timed]:
    hold_to_one_thread()
    # Forked, a worker has all imports, which cost more than many a backtest. The first job starts all
    # workers, so it is given before the bars begin a thread of theirs.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(folder,))
    try:
        # The longest first: else the last job keeps one core busy and the others idle.
        order = sorted(range(len(jobs)), key=lambda place: -jobs[place].work)
        places = {pool.submit(_timed, jobs[place]): place for place in order}
        done: dict[int, Timed] = {}
        with bars as advance:
            for future in as_completed(places):
                done[places[future]] = future.result()
                advance(jobs[places[future]])
        return [done[place] for place in range(len(jobs))]
    except BrokenProcessPool as error:
        expected = "expected every process to finish its days"
        raise SekishoError(
            f"{expected}, came the end of one, as when memory is short; try fewer: --processes 1"
        ) from error
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(folder: str) -> None:
    """A worker leaves Ctrl-C to the process that started it, which ends it, and its files in `folder`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder


def _timed(job: Job) -> Timed:
    began = time.process_time()
    found = walk(job)
    return found, time.process_time() - began

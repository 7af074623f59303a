"""The walk forward: detectors judge one day after the other from the days before it, as in production.

A walk is cut into jobs, which any number of processes may take in any order: what comes out is the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from shared.kpi.backtest.detectors import DETECTORS, PROPHET, TEXTBOOK, Detector, Look
from shared.kpi.backtest.faults import LONGEST, ONE_DAY, RUNS, Faults, faulty, with_run
from shared.kpi.backtest.verdicts import Verdict
from shared.kpi.calendar import LOOKS_AHEAD, Calendar
from shared.kpi.detection.judging import Context
from shared.kpi.detection.transforms import are_counts, is_within_one
from shared.kpi.judgement import Status
from shared.kpi.series import WHOLE, Numbers, Series
from shared.kpi.tables import Direction, KpiTable

HISTORY_DAYS = KpiTable("").history_days
SLICE_DAYS = {PROPHET: 23, TEXTBOOK: 8}
OTHER_SLICE = 366
"""Days of a job: few where days cost much. Each job begins with nothing kept."""
TRACKS = {PROPHET: 8, TEXTBOOK: 1}
OTHER_TRACKS = 64
"""KPIs of a job: these share the days' calendar."""
COST = {PROPHET: 50, TEXTBOOK: 1000}
"""Of a judgement, in units of a baseline's."""


@dataclass(frozen=True, eq=False)
class Track:
    """One KPI on consecutive days, NaN where it has no value, and its days known to be anomalous."""

    kpi: str
    days: tuple[date, ...]
    values: Numbers
    labelled: frozenset[date] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether it counts something."""
        return are_counts(self.values)


@dataclass(frozen=True)
class Setting:
    """What a table's configuration says: its calendar, and expected false alarms per KPI and year."""

    calendar: Calendar
    sensitivity: float


@dataclass(frozen=True, eq=False)
class Job:
    """The days `numbers` of some KPIs, to be judged by one detector, with the faults that begin on them."""

    detector: str
    tracks: tuple[Track, ...]
    numbers: range
    faults: tuple[Faults, ...]
    setting: Setting

    @property
    def work(self) -> int:
        """How long it takes, by and large, in units of a baseline's judgement."""
        starts = sum(number in self.numbers for each in self.faults for number in each.starts)
        return COST.get(self.detector, 1) * (
            len(self.numbers) * len(self.tracks) + sum(RUNS.values()) * starts
        )


@dataclass(frozen=True)
class Faulted:
    """What was said of a day after a fault of one day."""

    is_told: bool
    distance: float


@dataclass(frozen=True)
class Walked:
    """What was said of a day, and of the same day after each fault of one day it was given."""

    number: int
    verdict: Verdict
    faulted: dict[str, Faulted]


@dataclass(frozen=True)
class Run:
    """A level shift or drift that began on day number `start`: on which of its days a fall was told."""

    fault: str
    start: int
    told: tuple[bool, ...]


@dataclass(frozen=True)
class Course:
    """All that one detector said of one KPI, by day."""

    detector: str
    kpi: str
    days: tuple[Walked, ...]
    runs: tuple[Run, ...]


def jobs_of(
    detector: str, tracks: Sequence[Track], judged: range, faults: Sequence[Faults], setting: Setting
) -> list[Job]:
    """The walk of one detector over the `judged` days, cut so that several processes have something to do."""
    length = SLICE_DAYS.get(detector, OTHER_SLICE)
    many = TRACKS.get(detector, OTHER_TRACKS)
    return [
        Job(
            detector,
            tuple(tracks[place : place + many]),
            judged[first : first + length],
            tuple(faults[place : place + many]),
            setting,
        )
        for first in range(0, len(judged), length)
        for place in range(0, len(tracks), many)
    ]


@dataclass
class _Branch:
    """A fault of several days that is going on."""

    fault: str
    start: int
    values: Numbers
    kept: object
    told: list[bool]

    def is_over(self, number: int) -> bool:
        return number >= self.start + RUNS[self.fault]


def walk(job: Job) -> list[Course]:
    """Judge the days of a job: day by day, all KPIs of a day together, because these share a calendar."""
    detector = DETECTORS[job.detector]()
    looks: list[Look | None] = [None] * len(job.tracks)
    branches: list[list[_Branch]] = [[] for _ in job.tracks]
    walked: list[list[Walked]] = [[] for _ in job.tracks]
    runs: list[list[Run]] = [[] for _ in job.tracks]
    whole = [track.is_whole for track in job.tracks]
    last = len(job.tracks[0].days)
    for number in range(job.numbers.start, min(job.numbers.stop + LONGEST, last)):
        for place, track in enumerate(job.tracks):
            faults, live, is_whole = job.faults[place], branches[place], whole[place]
            before = looks[place]
            if number in job.numbers:
                if number in faults.starts:
                    kept = before.kept if before else None
                    live += [
                        _Branch(fault, number, with_run(track.values, fault, number, is_whole), kept, [])
                        for fault in RUNS
                    ]
                look = _look(detector, job.setting, track, number, before.kept if before else None)
                looks[place] = look
                faulted = dict(_faulted(look, is_whole)) if number in faults.days else {}
                walked[place].append(Walked(number, look.verdict, faulted))
            for branch in live:
                changed = replace(track, values=branch.values)
                look = _look(detector, job.setting, changed, number, branch.kept)
                branch.kept = look.kept
                branch.told.append(look.verdict.status.is_alarming and look.verdict.direction == "down")
            runs[place] += [
                Run(each.fault, each.start, tuple(each.told)) for each in live if each.is_over(number + 1)
            ]
            branches[place] = [each for each in live if not each.is_over(number + 1)]
    return [
        Course(job.detector, track.kpi, tuple(walked[place]), tuple(runs[place]))
        for place, track in enumerate(job.tracks)
    ]


def _look(detector: Detector, setting: Setting, track: Track, number: int, kept: object) -> Look:
    """Look at a day as production does: by the history a table's configuration asks for."""
    window = slice(max(0, number - HISTORY_DAYS), number + 1)
    days, values = track.days[window], track.values[window]
    known = values[np.isfinite(values)]
    is_share = bool(len(known)) and not are_counts(known) and known.min() >= 0 and is_within_one(known)
    series = Series(track.kpi, WHOLE, days, values, is_additive=not is_share)
    context = Context(
        occasions=setting.calendar.occasions(days[0], days[-1] + LOOKS_AHEAD),
        direction=Direction.BOTH,
        sensitivity=setting.sensitivity,
        masked=frozenset(day for day in track.labelled if day < days[-1]),
    )
    return detector.look(series, context, setting.calendar.country, kept)


def _faulted(look: Look, is_whole: bool) -> Iterator[tuple[str, Faulted]]:
    for fault in ONE_DAY:
        found = look.of(faulty(look.verdict.value, fault, is_whole))
        yield fault, Faulted(found.status is Status.ANOMALY, found.distance)


def joined(courses: Sequence[Course]) -> list[Course]:
    """The courses of all jobs, one per detector and KPI, each in the order of its days."""
    parts: dict[tuple[str, str], list[Course]] = {}
    for each in courses:
        parts.setdefault((each.detector, each.kpi), []).append(each)
    return [
        Course(
            *key,
            tuple(sorted((day for one in some for day in one.days), key=lambda day: day.number)),
            tuple(sorted((run for one in some for run in one.runs), key=lambda run: (run.start, run.fault))),
        )
        for key, some in parts.items()
    ]

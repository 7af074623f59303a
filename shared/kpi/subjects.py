"""Subjects: what is wrong with a table's day, each thing in one word: incidents are told by them."""

import math
from enum import StrEnum

from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.judgement import Judgement, Status

FAILED = "failed"
"""The subject of a check that could not be done."""
LEARNT_DAYS = 7
"""What was told for so long and is no longer may be wrong still: the table is compared with it by now."""
LONGER_LEARNT_DAYS = {FindingKind.DUPLICATES: 14}
ROWS = frozenset({FindingKind.FEW_ROWS, FindingKind.MANY_ROWS, FindingKind.SEGMENT_GONE})
"""Kinds that are about a part of the table where they name one."""
VALUES = frozenset({FindingKind.ALL_NULL, FindingKind.STUCK, FindingKind.IMPOSSIBLE_RATIO})
"""Kinds that a KPI's own value shows to be over."""
SAME = 1e-12


class Fate(StrEnum):
    """What became of something that was wrong and is not told as wrong any more."""

    GOOD = "good"
    """It was looked at, and is as it should be."""
    SETTLED = "settled"
    """It is as it was, but that is how the table is now; or nobody watches it any more."""
    UNSEEN = "unseen"
    """It was not looked at, or could not be judged: still wrong, as far as anybody knows."""


def subjects_of(check: TableCheck) -> frozenset[str]:
    """What somebody is told is wrong; empty exactly where the check is not alarming."""
    if check.state is CheckState.FAILED:
        return frozenset({FAILED})
    found = {subject_of(finding) for finding in check.arrival.findings if finding.is_serious}
    found |= {judgement.name for judgement in check.alarming}
    if check.state is CheckState.MISSING and not found:
        found = {check.state.value}
    return frozenset(found)


def subject_of(finding: Finding) -> str:
    """An arrival finding in one word: its kind, with the column where there is one."""
    return f"{finding.kind}:{finding.column}" if finding.column else finding.kind.value


def fate_of(subject: str, check: TableCheck, days_told: int) -> Fate:
    """What `check` knows of a subject that it does not tell as wrong, told for `days_told` days before.

    A KPI is good only where it was judged to be. A finding is good where the rows, the columns or the KPI
    show it; where they can't, it is if it went before anything could have got used to it.
    """
    judged = {each.name: each for each in check.judgements}
    if subject in judged:  # first: a KPI may be called as a kind of finding is, such as failed
        return Fate.GOOD if judged[subject].status is Status.NORMAL else Fate.UNSEEN
    if subject == FAILED:
        return Fate.UNSEEN if check.state is CheckState.FAILED else Fate.GOOD
    word, _, column = subject.partition(":")
    if word == CheckState.MISSING.value:
        word = FindingKind.NO_ROWS.value
    if word in {kind.value for kind in FindingKind}:
        return _of_finding(FindingKind(word), column, check, judged.get(column), days_told)
    if check.state is not CheckState.CHECKED:
        return Fate.UNSEEN
    kpi = subject.partition(" (")[0]
    # Another of its segments was judged: this one was not among those that were read.
    is_watched = any(
        each.kpi == kpi and (each.segment or each.status is Status.MUTED) for each in check.judgements
    )
    return Fate.UNSEEN if is_watched else Fate.SETTLED


def _of_finding(
    kind: FindingKind, column: str, check: TableCheck, judgement: Judgement | None, days_told: int
) -> Fate:
    columns = {each.name.lower() for each in check.shape.columns} if check.shape else None
    is_there = check.state in (CheckState.CHECKED, CheckState.BROKEN)
    if kind is FindingKind.TABLE_MISSING:
        return Fate.GOOD if is_there or columns is not None else Fate.UNSEEN
    if kind is FindingKind.COLUMN_DROPPED and columns is not None:
        return Fate.GOOD if column.lower() in columns else Fate.SETTLED
    if not is_there or not check.rows:
        return Fate.UNSEEN
    if kind is FindingKind.NO_ROWS:
        return Fate.GOOD
    found = [each for each in check.arrival.findings if each.kind is kind and _is_about(each, column)]
    if found:  # in other words, as with others, or not serious any more
        return Fate.UNSEEN if any(each.is_serious for each in found) else Fate.SETTLED
    if kind in ROWS and any(_hides_rows(each, column) for each in check.arrival.findings if each.is_serious):
        return Fate.UNSEEN
    if kind in VALUES and judgement:
        return _of_value(kind, judgement)
    is_listed = kind is FindingKind.SEGMENT_GONE  # for as long as it is gone
    is_learnt = days_told >= LONGER_LEARNT_DAYS.get(kind, LEARNT_DAYS)
    return Fate.SETTLED if is_learnt and not is_listed else Fate.GOOD


def _is_about(finding: Finding, column: str) -> bool:
    if finding.column == column or column in finding.segments:
        return True
    return any(column in segment.split(", ") for segment in finding.segments)


def _hides_rows(finding: Finding, column: str) -> bool:
    """Whether a finding keeps the rows of the table, or of a part of it, from being seen to be right."""
    if finding.kind is FindingKind.PARTIAL_DAY:
        return True
    is_whole = not finding.column and finding.kind in ROWS
    return bool(column) and (is_whole or _is_about(finding, column))


def _of_value(kind: FindingKind, judgement: Judgement) -> Fate:
    value = judgement.value
    if value is None or not math.isfinite(value):
        is_empty = kind is FindingKind.ALL_NULL and judgement.status is Status.MISSING
        return Fate.SETTLED if is_empty else Fate.UNSEEN
    is_same = False
    if kind is FindingKind.STUCK and judgement.series is not None and len(judgement.series.values) > 1:
        before, now = judgement.series.values[-2:].tolist()
        is_same = math.isclose(before, now, rel_tol=SAME)
    is_above = kind is FindingKind.IMPOSSIBLE_RATIO and value > 1
    return Fate.SETTLED if is_same or is_above else Fate.GOOD

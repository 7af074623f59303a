"""Subjects: what is wrong with a table's day, each thing in one word: incidents are told by them."""

from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.judgement import Status

FAILED = "failed"
"""The subject of a check that could not be done."""


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


def still_open(check: TableCheck, before: frozenset[str]) -> frozenset[str]:
    """Of the KPIs that were wrong `before` those that could not be judged now: still wrong, as far as anybody
    knows."""
    judged = {each.name: each.status for each in check.judgements}
    silent = {each.kpi for each in check.judgements if each.status is Status.MUTED}
    kinds = {kind.value for kind in FindingKind} | {FAILED, CheckState.MISSING.value}

    def is_open(name: str) -> bool:
        if name in judged:  # first: a KPI may be called as a kind of finding is, such as failed
            return judged[name] not in (Status.NORMAL, Status.ANOMALY, Status.DRIFT)
        if name.partition(":")[0] in kinds:
            return False
        # Of a day that was looked at, a KPI without any judgement is no longer watched.
        return check.state is not CheckState.CHECKED or name.partition(" (")[0] in silent

    return frozenset(name for name in before if is_open(name))

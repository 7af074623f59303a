"""Figures: what a walk comes to, per KPI and pooled, as `sekisho backtest` prints and writes it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from shared.kpi.backtest.alerts import Alert
from shared.kpi.backtest.faults import ONE_DAY, RUNS
from shared.kpi.backtest.limits import GRID, Distances, Moved
from shared.kpi.backtest.scoring import Scored
from shared.kpi.backtest.verdicts import LEVELS

WEEK = 7


def figures_of(scored: Sequence[Scored], *, is_pooled: bool = False) -> dict[str, Any]:
    """The JSON's entry of one KPI or, pooled, of several by one detector (docs/backtest.md).

    Errors (`mape`, `wape`) are shares; pooled, `wape` is the KPIs' mean weighted by days, because KPIs have
    different units.
    """
    days = sum(len(each.judged) for each in scored)
    alerts = [(each, alert) for each in scored for alert in each.alerts]
    statuses = Counter(
        day.verdict.status.value for each in scored for day in each.course.days if not day.verdict.is_judged
    )
    off = [(each.weighted_off(), len(each.usual)) for each in scored]
    known = [(share, count) for share, count in off if share is not None]
    total = sum(count for _, count in known)
    return {
        "days": days,
        "coverage": {
            f"{level}": _share([is_in for each in scored for is_in in each.covered(place)])
            for place, level in enumerate(LEVELS)
        },
        "mape": _mean([share for each in scored for share in each.shares_off()]),
        "wape": _round(sum(share * count for share, count in known) / total if total else None),
        "alerts_per_week": _round(WEEK * len(alerts) / days if days else None),
        "false_alarms_per_week": _round(
            WEEK * sum(each.false_alarms for each in scored) / days if days else None
        ),
        "alerts": [_alert(each, alert, is_pooled) for each, alert in alerts],
        "detected": _detected(scored),
        "faults": {
            "days": sum(len(each.found("drop")) for each in scored),
            "starts": sum(len(each.found_runs("shift")) for each in scored),
        },
        "labelled": _labelled(scored),
        "missing": _missing(scored, is_pooled),
        "unjudged": dict(statuses),
    }


def limits_of(scored: Mapping[str, Sequence[Scored]], against: str) -> dict[str, dict[str, Any]]:
    """By detector, what comes of other limits, and of the one with which it finds what `against` does."""
    pooled = {name: Distances.pooled([each.distances() for each in some]) for name, some in scored.items()}
    measure = pooled.get(against)
    entries: dict[str, dict[str, Any]] = {}
    for name, one in pooled.items():
        if not one.is_whole:
            continue
        entries[name] = {"limits": [_moved(one.at(limit)) for limit in GRID]}
        if measure is not None and measure.is_whole:
            entries[name]["at_textbook_detection"] = _moved(one.at_detection(measure.detected(1.0)))
    return entries


def _moved(moved: Moved) -> dict[str, float | None]:
    return {
        "limit": _round(moved.limit),
        "false_alarms_per_week": _round(moved.false_alarms_per_week),
        "detected": _round(moved.detected),
    }


def _alert(scored: Scored, alert: Alert, is_pooled: bool) -> dict[str, Any]:
    entry = ({"kpi": scored.track.kpi} if is_pooled else {}) | alert.entry()
    return entry | {"labelled": alert.verdict.day in scored.track.labelled} if scored.has_labels else entry


def _detected(scored: Sequence[Scored]) -> dict[str, float | None]:
    tried = sum(each.absent.tried for each in scored if each.absent)
    noticed = sum(each.absent.noticed for each in scored if each.absent)
    return {
        **{fault: _share([told for each in scored for told in each.found(fault)]) for fault in ONE_DAY},
        **{
            f"{fault}_by_day_{length}": _share([told for each in scored for told in each.found_runs(fault)])
            for fault, length in RUNS.items()
        },
        "missing_day": _round(noticed / tried if tried else None),
    }


def _labelled(scored: Sequence[Scored]) -> dict[str, Any] | None:
    """How labelled days fared: what share of them was found, what share of the alerts was on one."""
    if not any(each.has_labels for each in scored):
        return None
    found = [each.labels() for each in scored]
    days, told = sum(len(some) for some, _ in found), sum(count for _, count in found)
    alerts = sum(len(each.alerts) for each in scored)
    hits = alerts - sum(each.false_alarms for each in scored)
    return {
        "days": days,
        "found": told,
        "recall": _round(told / days if days else None),
        "alerts_on_them": hits,
        "precision": _round(hits / alerts if alerts else None),
    }


def _missing(scored: Sequence[Scored], is_pooled: bool) -> dict[str, Any]:
    some = [each.absent for each in scored if each.absent]
    days = sum(len(each.days) for each in some)
    found = sum(len(each.found) for each in some)
    if is_pooled:
        return {"days": days, "found": found}
    return {"days": days, "found": found, "dates": [day.isoformat() for each in some for day in each.days]}


def _share(found: Sequence[bool]) -> float | None:
    return _round(fmean(found)) if found else None


def _mean(found: Sequence[float]) -> float | None:
    return _round(fmean(found)) if found else None


def _round(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(value, 4)

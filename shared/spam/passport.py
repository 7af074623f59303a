"""Passports: what a manifest says of a model, and what a report says of a training run."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.keys import key_of
from shared.spam.evidence import Window
from shared.spam.packing import pickled
from shared.spam.training import Trained


def passport_of(
    trained: Trained, window: Window | None, now: datetime, code_revision: str, unusable: str = ""
) -> dict[str, Any]:
    """What a manifest says of a model: what it learnt from, when, by which code, and how good it is.

    Its version is named after what was learnt: the same window, labels and rules give the same one. Where
    that is the `unusable` one, which can't be opened and is never changed, the time tells them apart.
    """
    digest = hashlib.sha256(pickled(trained.final))
    digest.update(
        json.dumps([trained.passport["thresholds"], trained.passport["rules"]], sort_keys=True).encode()
    )
    last_day = window.end if window else now.date()
    version = f"{trained.final.name}-{last_day:%Y%m%d}-{digest.hexdigest()[:10]}"
    return {
        "version": f"{version}-{now:%Y%m%dT%H%M%S}" if version == unusable else version,
        "trained_at": now.isoformat(),
        "code_revision": code_revision,
        "window": {"start": window.start.isoformat(), "end": window.end.isoformat()} if window else None,
        **trained.passport,
    }


def report_of(
    passport: Mapping[str, Any] | None,
    serving_version: str | None,
    reason: str,
    window: Window,
    now: datetime,
    detector: str = "bayes",
) -> dict[str, Any]:
    """One run's row of model_reports: promoted, unchanged (the same model again) or refused."""
    version = passport["version"] if passport else serving_version or ""
    learnt = "unchanged" if version == serving_version else "promoted"
    outcome = learnt if passport else "refused"
    return {
        "report_id": key_of(
            "report", detector, outcome, reason, version, window.end.isoformat(), now.date().isoformat()
        ),
        "detector": detector,
        "model_version": version,
        "outcome": outcome,
        "reason": reason,
        "window_start": window.start,
        "window_end": window.end,
        "figures": passport["figures"] if passport else {},
        "created_at": now,
    }

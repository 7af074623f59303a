"""What a volume says: of how few a ratio is made, and how much that widens its band."""

import numpy as np

from shared.kpi.detection.transforms import Kind
from shared.kpi.series import Numbers

MOST_DISPERSED = 3.0
"""Clicks come in bursts: the noise of a share is up to this many times what independent draws would have."""
USUAL_WEEKS = 8


def volume_spread(volumes: Numbers, rate: float, noise: float, kind: Kind) -> float:
    """How many times as wide the last day's band must be, its volume being less than the weekday's usual one.

    `volumes` are consecutive days', the last is the day in question; `noise` is that of a usual day on the
    transformed scale, `rate` what is expected.
    """
    before = volumes[-8::-7][:USUAL_WEEKS]
    before = before[np.isfinite(before) & (before > 0)]
    today = float(volumes[-1])
    if not len(before) or not noise > 0:
        return 1.0
    usual = float(np.median(before))
    if today >= usual:
        return 1.0
    if kind is Kind.LOGIT and 0 < rate < 1:
        single = 1 / (rate * (1 - rate))
        dispersion = float(np.clip(noise**2 * usual / single, 1.0, MOST_DISPERSED))
        more = dispersion * single * (1 / today - 1 / usual)
    else:
        # An average over fewer: all of its noise may be that of single cases.
        more = noise**2 * (usual / today - 1)
    return float(np.sqrt(1 + more / noise**2))

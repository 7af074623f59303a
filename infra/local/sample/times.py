"""Times: when posts appear on a Japanese site, by day and night, weekday and weekend."""

from datetime import datetime, timedelta, timezone
from random import Random

JAPAN = timezone(timedelta(hours=9))
HOURS = (6, 4, 2, 1, 1, 1, 3, 5, 10, 16, 20, 20, 15, 18, 20, 20, 19, 18, 16, 14, 14, 15, 14, 10)
"""How busy the site is in each hour of a Japanese day; on a weekend it is less so."""
WEEKEND = 0.6


def posting_times(days: int, posts_per_day: int, until: datetime, dice: Random) -> list[datetime]:
    """When posts appear, in order, all before `until`: `posts_per_day` on average over `days` days."""
    start = until - timedelta(days=days)
    reached = [0.0]
    for hour in range(days * 24):
        local = (start + timedelta(hours=hour)).astimezone(JAPAN)
        reached.append(reached[-1] + HOURS[local.hour] * (WEEKEND if local.weekday() >= 5 else 1))
    times: list[datetime] = []
    hour = 0
    for at in sorted(dice.random() * reached[-1] for _ in range(days * posts_per_day)):
        while reached[hour + 1] <= at:
            hour += 1
        part = (at - reached[hour]) / (reached[hour + 1] - reached[hour])
        times.append(start + timedelta(seconds=hour * 3600 + int(part * 3600)))
    return times

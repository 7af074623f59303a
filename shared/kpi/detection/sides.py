"""Sides: which way an observation is off, and whether that way is worth an alert."""

from shared.kpi.tables import Direction


def side_of(deviation: float) -> str:
    """up, down, or empty where there is no deviation."""
    return "up" if deviation > 0 else "down" if deviation < 0 else ""


def is_watched(side: str, watched: Direction) -> bool:
    """Whether this side is worth an alert."""
    return bool(side) and (watched is Direction.BOTH or side == watched.value)

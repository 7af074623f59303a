"""Folds: which labelled posts teach and which examine, so that no copy of a post is on both sides.

Posts with times are examined in time order: the first half only teaches, and each of five blocks after it is
examined by what stood before it. Undated posts are dealt into five folds, near-duplicates together; each
fold is examined by what the others teach. Copies of posts that teach are left out of a block: what was
learnt by heart says nothing about the next text.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from shared.errors import TrainingRefused

MOST_FOLDS = 5
FEWEST_POSTS = 10
"""Of each kind, to teach anything at all or to say anything about what was taught."""
TEACHING_SHARE = 0.5
"""How much of a dated file only teaches."""
HELD_OUT_SHARE = 0.2
"""The newest part of the posts that teach, on which a threshold is chosen."""


@dataclass(frozen=True)
class Fold:
    """Places of the posts that teach and of those that are examined; `copies` of taught ones are neither."""

    taught: tuple[int, ...]
    examined: tuple[int, ...]
    copies: int = 0


def refuse_few(is_violation: Sequence[bool], what: str, left_out: str = "") -> None:
    """Raises TrainingRefused where `what` holds fewer than 10 posts of either kind.

    `left_out` says what would be there besides, had it not been left out.
    """
    violations = sum(is_violation)
    for kind, count in (("violation", violations), ("ok", len(is_violation) - violations)):
        if count < FEWEST_POSTS:
            raise TrainingRefused(
                f"{what}: expected at least {FEWEST_POSTS} posts labelled {kind}, came {count} "
                f"(of {len(is_violation)} posts{left_out and '; '}{left_out})"
            )


def grouped_folds(
    groups: Sequence[int], is_violation: Sequence[bool], most: int = MOST_FOLDS, seed: int = 0
) -> list[Fold]:
    """At most `most` folds of whole groups, each with its share of both kinds where the groups allow it.

    Fewer where a kind has fewer groups. Raises TrainingRefused where even two folds are too many.
    """
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    kinds = (sum(is_violation), len(is_violation) - sum(is_violation))
    with_kind = [
        sum(any(is_violation[place] == kind for place in places) for places in members.values())
        for kind in (True, False)
    ]
    count = min(most, *with_kind)
    if count < 2:
        raise TrainingRefused(
            f"folds: expected at least 2 different texts labelled violation and 2 labelled ok, "
            f"came {with_kind[0]} and {with_kind[1]}"
        )
    shares = [[0.0, 0.0] for _ in range(count)]
    fold_of: dict[int, int] = {}
    # The largest first, because the small ones can still even out what they leave.
    for group in sorted(members, key=lambda one: (-len(members[one]), _draw(seed, one))):
        bad = sum(is_violation[place] for place in members[group])
        added = (bad / kinds[0], (len(members[group]) - bad) / kinds[1])
        fullness = [shares[fold][0] * added[0] + shares[fold][1] * added[1] for fold in range(count)]
        fold = min(range(count), key=lambda one: (fullness[one], sum(shares[one]), one))
        shares[fold] = [shares[fold][0] + added[0], shares[fold][1] + added[1]]
        fold_of[group] = fold
    everyone = range(len(groups))
    found = [
        Fold(
            tuple(place for place in everyone if fold_of[groups[place]] != fold),
            tuple(place for place in everyone if fold_of[groups[place]] == fold),
        )
        for fold in range(count)
    ]
    if any(len({is_violation[place] for place in fold.taught}) < 2 for fold in found):
        raise TrainingRefused(
            "folds: expected violation and ok among the posts that teach each fold, came one fold that holds "
            f"all of a kind ({with_kind[0]} different texts labelled violation, {with_kind[1]} labelled ok)"
        )
    return found


def time_blocks(times: Sequence[datetime], groups: Sequence[int], is_violation: Sequence[bool]) -> list[Fold]:
    """Blocks of a file in time order (`times` rise), each examined by all that is older.

    Posts of one instant are never parted. Raises TrainingRefused where no block has enough before it, or
    where too few that are no copies are left to examine.
    """
    refuse_few(is_violation, "time order")
    step = (1 - TEACHING_SHARE) / MOST_FOLDS
    cuts = [_cut(times, TEACHING_SHARE + step * block) for block in range(MOST_FOLDS)] + [len(times)]
    if cuts[0] == len(times):
        raise TrainingRefused(
            f"time order: expected a newer half to examine, came the same posted_at from the middle of the "
            f"{len(times)} posts to the end, {times[-1].isoformat()}"
        )
    folds = []
    for start, end in pairwise(cuts):
        before = is_violation[:start]
        if start < end and min(sum(before), start - sum(before)) >= FEWEST_POSTS:
            folds.append(_later(start, end, groups))
    if not folds:
        newest = max(start for start, end in pairwise(cuts) if start < end)
        bad = sum(is_violation[:newest])
        raise TrainingRefused(
            f"time order: expected at least {FEWEST_POSTS} posts of each kind older than a block of the "
            f"newer half, came {bad} violation and {newest - bad} ok before the newest block"
        )
    _refuse_few_examined(folds, is_violation, "time order: the blocks that examine")
    return folds


def examination(taught: int, groups: Sequence[int], is_violation: Sequence[bool]) -> Fold:
    """The first `taught` posts teach; the others examine, but for copies of these.

    An id means nothing: in another file the same number may be another post, and an edit of a post that
    changed little is a copy. Raises TrainingRefused where too few are left.
    """
    fold = _later(taught, len(groups), groups)
    _refuse_few_examined([fold], is_violation, "the test rows")
    return fold


def held_out(times: Sequence[datetime], groups: Sequence[int]) -> Fold:
    """The newest fifth of posts in time order, copies of older ones left out, and what is older."""
    return _later(_cut(times, 1 - HELD_OUT_SHARE), len(times), groups)


def _cut(times: Sequence[datetime], share: float) -> int:
    """The place that parts `share` of the posts from the later ones, moved to where a new instant begins."""
    place = round(len(times) * share)
    while 0 < place < len(times) and times[place] == times[place - 1]:
        place += 1
    return place


def _later(start: int, end: int, groups: Sequence[int]) -> Fold:
    known = set(groups[:start])
    examined = tuple(place for place in range(start, end) if groups[place] not in known)
    return Fold(tuple(range(start)), examined, copies=end - start - len(examined))


def _refuse_few_examined(folds: Sequence[Fold], is_violation: Sequence[bool], what: str) -> None:
    copies = sum(fold.copies for fold in folds)
    examined = [is_violation[place] for fold in folds for place in fold.examined]
    copied = f"{copies} of {copies + len(examined)} were left out as near-copies of posts that teach"
    refuse_few(examined, what, copied if copies else "")


def _draw(seed: int, group: int) -> bytes:
    return hashlib.sha256(f"{seed} {group}".encode()).digest()
